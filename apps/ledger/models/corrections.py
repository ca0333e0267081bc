"""What was booked wrongly, or not at all, and two people put right."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
from apps.ledger.models.transfers import Transfer


class Correction(models.Model):
    """One transfer that two people booked: it takes back another, or books what the ledger missed.

    Never changed. The transfer's source is this row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transfer = models.OneToOneField(
        Transfer, on_delete=models.PROTECT, related_name="correction", verbose_name=_("transfer")
    )
    # What it takes back, once; null where it takes nothing back.
    reverses = models.OneToOneField(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversal",
        verbose_name=_("takes back"),
    )
    # What it explains, once.
    discrepancy_id = models.UUIDField(_("discrepancy"), null=True, blank=True, unique=True)
    # What proves it: the bank's reference, the provider's letter.
    evidence = models.CharField(_("proof"), max_length=120)
    reason = models.CharField(_("reason"), max_length=300)
    # "user:7".
    requested_by = models.CharField(_("asked by"), max_length=80)
    approved_by = models.CharField(_("approved by"), max_length=80)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [
            # Four eyes, whatever the code says.
            models.CheckConstraint(
                name="correction_by_two",
                condition=~Q(requested_by="")
                & ~Q(approved_by="")
                & ~Q(requested_by=F("approved_by")),
            ),
            models.CheckConstraint(
                name="correction_is_proven", condition=~Q(evidence="") & ~Q(reason="")
            ),
            models.CheckConstraint(
                name="correction_of_another", condition=~Q(transfer=F("reverses"))
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("cor", self.pk)

    def __str__(self) -> str:
        return self.public_id
