"""Refunds: money a merchant gives a payer back."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.hours import CREATED_HOUR
from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from apps.orchestration.models import Attempt
from apps.orchestration.rules import outgoing_status
from apps.payments.models import Payment


class RefundStatus(models.TextChoices):
    # A rule demands that others approve it first: nothing is sent.
    NEEDS_APPROVAL = outgoing_status.NEEDS_APPROVAL, _("waiting for approval")
    PENDING = outgoing_status.PENDING, _("pending")
    # A provider has it.
    PROCESSING = outgoing_status.PROCESSING, _("processing")
    # We do not know, and are asking.
    VERIFYING = outgoing_status.VERIFYING, _("verifying")
    SUCCEEDED = outgoing_status.SUCCEEDED, _("succeeded")
    FAILED = outgoing_status.FAILED, _("failed")
    # It was not approved, or its merchant took it back: nothing was ever sent.
    CANCELED = outgoing_status.CANCELED, _("canceled")


class RefundWay(models.TextChoices):
    # What the rail itself calls a refund, at the account that collected.
    REFUND = "refund", _("refund")
    # A payment to the payer's number.
    DISBURSE = "disburse", _("disburse")


class Refund(models.Model):
    """Money a merchant gives a payer back: all or part of what one payment collected.

    `status` changes only through transitions.move. `amount` is minor units of `currency`, which is
    the payment's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField(_("live mode"))
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="refunds",
        verbose_name=_("payment"),
    )
    # Which instruction collected what is given back.
    collected_by = models.ForeignKey(
        Attempt, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    amount = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    way = models.CharField(_("way"), max_length=12, choices=RefundWay.choices)
    # The connector of the account that sends it.
    provider = models.CharField(_("provider"), max_length=32)
    reason = models.CharField(_("reason"), max_length=140, default="", blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=RefundStatus.choices)
    failure_code = models.CharField(_("failure"), max_length=40, default="", blank=True)
    # Held with the amount and charged once it is sent: as promised when it was created.
    fee = models.PositiveBigIntegerField(_("fee"), default=0, db_default=0)
    fee_tax = models.PositiveBigIntegerField(_("tax on the fee"), default=0, db_default=0)
    # The line of the fee plan that it is by; null where none fits, and in rows of before.
    fee_line_id = models.UUIDField(_("line of the fee plan"), null=True, blank=True)
    # What it gave back of the fee of its payment, and of the tax on that: zero until it succeeded.
    fee_returned = models.PositiveBigIntegerField(_("fee given back"), default=0, db_default=0)
    fee_tax_returned = models.PositiveBigIntegerField(
        _("tax on the fee given back"), default=0, db_default=0
    )
    # What others had to approve of it before it was sent; null where no rule demanded it.
    approval_id = models.UUIDField(_("approval"), null=True, blank=True)
    # Moves made so far, each with its event: the next one is sequence + 1.
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("created"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.CheckConstraint(name="refund_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="refund_fee_and_tax_within_amount",
                condition=Q(fee__gte=0, fee_tax__gte=0, amount__gte=F("fee") + F("fee_tax")),
            ),
        ]
        indexes = [
            # A merchant's list, newest first; of one status.
            models.Index(name="refund_by_merchant", fields=["merchant", "livemode", "id"]),
            models.Index(name="refund_by_status", fields=["merchant", "livemode", "status", "id"]),
            # "About 5,000, yesterday around two": what is known on the telephone.
            models.Index(CREATED_HOUR, "amount", name="refund_by_hour_and_amount"),
            # A payment's refunds.
            models.Index(name="refund_of_payment", fields=["payment", "id"]),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("ref", self.pk)

    @property
    def payer_msisdn_masked(self) -> str:
        return self.payment.payer_msisdn_masked

    @property
    def operator(self) -> str:
        return self.payment.operator

    @property
    def attempts(self) -> models.QuerySet[Attempt]:
        return Attempt.objects.filter(owner_id=self.pk)

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.currency}"
