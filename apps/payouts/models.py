"""Payouts: money a merchant sends to a payee out of its balance."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.hours import CREATED_HOUR
from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from apps.orchestration.models import Attempt
from apps.orchestration.rules import outgoing_status


class PayoutStatus(models.TextChoices):
    # A rule demands that others approve it first: nothing is sent.
    NEEDS_APPROVAL = outgoing_status.NEEDS_APPROVAL, _("waiting for approval")
    # It is being sent.
    PENDING = outgoing_status.PENDING, _("pending")
    # The provider has it.
    PROCESSING = outgoing_status.PROCESSING, _("processing")
    # We do not know, and are asking.
    VERIFYING = outgoing_status.VERIFYING, _("verifying")
    SUCCEEDED = outgoing_status.SUCCEEDED, _("succeeded")
    FAILED = outgoing_status.FAILED, _("failed")
    # It was not approved, or its merchant took it back: nothing was ever sent.
    CANCELED = outgoing_status.CANCELED, _("canceled")


class PayoutQuerySet(models.QuerySet["Payout"]):
    def for_merchant(self, merchant: Merchant, *, livemode: bool) -> PayoutQuerySet:
        """What this merchant may see: every read of the API begins here."""
        return self.filter(merchant=merchant, livemode=livemode)


class Payout(models.Model):
    """Money a merchant sends to a payee. `status` changes only through transitions.move.

    `amount` is minor units of `currency`, held of the merchant's balance until the payout ends. The
    payee's number is encrypted under this row, searchable by its blind index, shown masked.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField(_("live mode"))
    merchant_reference = models.CharField(_("reference"), max_length=64, default="", blank=True)
    amount = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    country = models.CharField(_("country"), max_length=2)
    operator = models.CharField(_("operator"), max_length=16)
    # The connector of the latest attempt.
    provider = models.CharField(_("provider"), max_length=32)
    payee_msisdn_encrypted = models.BinaryField()
    payee_msisdn_index = models.BinaryField(max_length=32)
    payee_msisdn_masked = models.CharField(_("payee"), max_length=32)
    description = models.CharField(_("description"), max_length=140, default="", blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=PayoutStatus.choices)
    failure_code = models.CharField(_("failure"), max_length=40, default="", blank=True)
    # The routing decision: each candidate, kept or dropped, and why.
    candidates = models.JSONField(_("candidates"), default=list, blank=True)
    # Held with the amount and charged once it is sent: as promised when it was created.
    fee = models.PositiveBigIntegerField(_("fee"), default=0, db_default=0)
    fee_tax = models.PositiveBigIntegerField(_("tax on the fee"), default=0, db_default=0)
    # The line of the fee plan that it is by; null where none fits, and in rows of before.
    fee_line_id = models.UUIDField(_("line of the fee plan"), null=True, blank=True)
    # Whatever the plan says: it pays a settlement.
    is_fee_exempt = models.BooleanField(_("free of fees"), default=False, db_default=False)
    # What others had to approve of it before it was sent; null where no rule demanded it.
    approval_id = models.UUIDField(_("approval"), null=True, blank=True)
    # Moves made so far, each with its event: the next one is sequence + 1.
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("created"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    objects = PayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        constraints = [
            models.CheckConstraint(name="payout_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payout_exempt_without_fee",
                condition=Q(is_fee_exempt=False) | Q(fee=0, fee_tax=0),
            ),
            models.CheckConstraint(
                name="payout_fee_and_tax_within_amount",
                condition=Q(fee__gte=0, fee_tax__gte=0, amount__gte=F("fee") + F("fee_tax")),
            ),
        ]
        indexes = [
            # A merchant's list, newest first.
            models.Index(name="payout_by_merchant", fields=["merchant", "livemode", "-id"]),
            # "Which have failed?" Newest first, however rare they are.
            models.Index(name="payout_by_status", fields=["merchant", "livemode", "status", "-id"]),
            # "Where is the payout of this invoice?" Newest first, however often it was used.
            models.Index(
                name="payout_of_reference",
                fields=["merchant", "livemode", "merchant_reference", "id"],
                condition=~Q(merchant_reference=""),
            ),
            # "About 5,000, yesterday around two": what is known on the telephone.
            models.Index(CREATED_HOUR, "amount", name="payout_by_hour_and_amount"),
            # A payee's number, searched exactly: support's search and the merchant's filter.
            models.Index(
                name="payout_of_payee", fields=["payee_msisdn_index", "merchant", "livemode", "id"]
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("po", self.pk)

    @property
    def attempts(self) -> models.QuerySet[Attempt]:
        return Attempt.objects.filter(owner_id=self.pk)

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.currency}"
