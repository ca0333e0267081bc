"""Months that two people have closed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
from apps.providers.models import ProviderAccount


class ClosedMonth(models.Model):
    """A month of a provider account that two people have closed: no report of it comes or goes.

    What was open then stays to be decided. One that was opened again is kept as what it was.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Its first day.
    month = models.DateField(_("month"))
    statements = models.PositiveIntegerField(_("statements"))
    # Open discrepancies of its reports as it was closed.
    open_count = models.PositiveIntegerField(_("open discrepancies"))
    # SHA-256 of its reports' own, in the order of their import.
    digest = models.BinaryField(max_length=32)
    reason = models.CharField(_("reason"), max_length=300)
    closed_at = models.DateTimeField(_("closed"))
    requested_by = models.CharField(_("asked for by"), max_length=80)
    approved_by = models.CharField(_("approved by"), max_length=80)
    reopened_at = models.DateTimeField(_("opened again"), null=True, blank=True)
    reopened_reason = models.CharField(_("reason"), max_length=300, default="", blank=True)
    reopened_by = models.CharField(_("opened again by"), max_length=160, default="", blank=True)

    class Meta:
        verbose_name = _("closed month")
        verbose_name_plural = _("closed months")
        constraints = [
            models.UniqueConstraint(
                name="closed_month_once",
                fields=["provider_account", "month"],
                condition=Q(reopened_at__isnull=True),
            ),
            models.CheckConstraint(name="closed_month_first_day", condition=Q(month__day=1)),
            # Four eyes.
            models.CheckConstraint(
                name="closed_month_by_two", condition=~Q(requested_by=F("approved_by"))
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("cm", self.pk)

    def __str__(self) -> str:
        return f"{self.provider_account} {self.month:%Y-%m}"
