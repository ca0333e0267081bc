"""What becomes available later."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id


class Release(models.Model):
    """What of one merchant, rail and day became available at once. Booked by one transfer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant_id = models.UUIDField(_("merchant"))
    provider_account_id = models.UUIDField(_("provider account"))
    currency = models.CharField(_("currency"), max_length=3)
    livemode = models.BooleanField(_("live mode"))
    # Of how many payments, in minor units.
    amount = models.PositiveBigIntegerField(_("amount"))
    count = models.PositiveIntegerField(_("count"))
    # The instant its amounts waited for.
    available_at = models.DateTimeField(_("available from"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = [
            models.CheckConstraint(name="release_positive", condition=Q(amount__gt=0, count__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.merchant_id}"


class PendingAmount(models.Model):
    """What is left of one payment after fee and tax, until it becomes available.

    Never changed: only `release` is set, once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The payment.
    source_id = models.UUIDField(_("source"), unique=True)
    merchant_id = models.UUIDField(_("merchant"))
    provider_account_id = models.UUIDField(_("provider account"))
    currency = models.CharField(_("currency"), max_length=3)
    livemode = models.BooleanField(_("live mode"))
    amount = models.PositiveBigIntegerField(_("amount"))
    available_at = models.DateTimeField(_("available from"))
    release = models.ForeignKey(
        Release, on_delete=models.PROTECT, null=True, blank=True, related_name="amounts"
    )

    class Meta:
        verbose_name = _("pending amount")
        verbose_name_plural = _("pending amounts")
        constraints = [
            models.CheckConstraint(name="pending_positive", condition=Q(amount__gt=0)),
        ]
        indexes = [
            # What is due, in groups that become one release each.
            models.Index(
                name="pending_due",
                fields=[
                    "available_at", "merchant_id", "provider_account_id", "currency", "livemode",
                ],
                condition=Q(release__isnull=True),
            ),
            # A merchant's next dates.
            models.Index(
                name="pending_of_merchant",
                fields=["merchant_id", "livemode", "currency", "available_at"],
                include=["amount"],
                condition=Q(release__isnull=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.source_id}"
