"""Payments: money a merchant asks a payer for."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from apps.core.hours import CREATED_HOUR
from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from apps.orchestration.models import Attempt, StatusChange


class PaymentStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    REQUIRES_ACTION = "requires_action", _("requires action")
    AUTHORIZED = "authorized", _("authorized")
    # We do not know, and are asking.
    VERIFYING = "verifying", _("verifying")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("expired")
    CANCELED = "canceled", _("canceled")


class PayerChoice(models.TextChoices):
    """Of a payment whose payer says on our page which number pays; "": its merchant said it."""

    OPEN = "open", _("open")
    MADE = "made", _("made")


# Where a payer has something to do. Elsewhere it is over, or nobody knows how it went: whoever is
# sent to pay then may pay twice.
ASKS_PAYER = frozenset({PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION})


class PaymentQuerySet(models.QuerySet["Payment"]):
    def for_merchant(self, merchant: Merchant, *, livemode: bool) -> PaymentQuerySet:
        """What this merchant may see: every read of the API begins here."""
        return self.filter(merchant=merchant, livemode=livemode)


class Payment(models.Model):
    """Money a merchant asks a payer for. `status` changes only through transitions.move.

    `amount`, `fee` and `fee_tax` are minor units of `currency`. The payer's number is encrypted
    under this row, searchable by its blind index, shown masked.

    No index has a column that changes on the way to success, so no change there writes an index:
    whoever looks for payments by such a column begins at PaymentState.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField(_("live mode"))
    merchant_reference = models.CharField(_("reference"), max_length=64, default="", blank=True)
    amount = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    country = models.CharField(_("country"), max_length=2)
    method = models.CharField(_("method"), max_length=20)
    operator = models.CharField(_("operator"), max_length=16)
    # The connector of the latest attempt.
    provider = models.CharField(_("provider"), max_length=32)
    payer_msisdn_encrypted = models.BinaryField(db_column="payer_msisdn_sealed")
    payer_msisdn_index = models.BinaryField(max_length=32)
    payer_msisdn_masked = models.CharField(_("payer"), max_length=32)
    description = models.CharField(_("description"), max_length=140, default="", blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    return_url = models.CharField(_("return URL"), max_length=500, default="", blank=True)
    cancel_url = models.CharField(_("cancel URL"), max_length=500, default="", blank=True)
    status = models.CharField(_("status"), max_length=16, choices=PaymentStatus.choices)
    failure_code = models.CharField(_("failure"), max_length=40, default="", blank=True)
    # What the payer was last told to do: {"kind": "redirect", "url": …}; null when nothing. It is
    # kept while nobody knows: whoever shows it reads what_payer_does.
    next_action = models.JSONField(_("next action"), null=True, blank=True)
    payer_choice = models.CharField(
        _("payer’s choice"),
        max_length=8,
        choices=PayerChoice.choices,
        default="",
        db_default="",
        blank=True,
    )
    # The routing decision: each candidate, kept or dropped, and why.
    candidates = models.JSONField(_("candidates"), default=list, blank=True)
    # Promised when it was created, booked when it succeeds.
    fee = models.PositiveBigIntegerField(_("fee"), default=0)
    fee_tax = models.PositiveBigIntegerField(_("tax on the fee"), default=0, db_default=0)
    # The line of the fee plan that it is by; null where none fits, and in rows of before.
    fee_line_id = models.UUIDField(_("line of the fee plan"), null=True, blank=True)
    # What was paid, where a person accepted another amount than was asked; null: as asked.
    amount_received = models.BigIntegerField(_("amount received"), null=True, blank=True)
    # What was given back of it, or is being: never more than was collected.
    amount_refunded = models.BigIntegerField(_("refunded"), default=0, db_default=0)
    # What of it is disputed now, or was lost to a dispute.
    amount_disputed = models.BigIntegerField(_("disputed"), default=0, db_default=0)
    # Moves made so far, each with its event: the next one is sequence + 1.
    sequence = models.PositiveIntegerField(default=0)
    # A payment that nobody answered is reported expired at this time; we keep asking after it.
    expires_at = models.DateTimeField(_("expires"))
    created_at = models.DateTimeField(_("created"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_fee_and_tax_within_amount",
                condition=Q(
                    fee__gte=0, fee_tax__gte=0, amount__gte=models.F("fee") + models.F("fee_tax")
                ),
            ),
            # However many ask at once.
            models.CheckConstraint(
                name="payment_refunded_within_received",
                condition=Q(
                    amount_refunded__gte=0,
                    amount_refunded__lte=Coalesce("amount_received", "amount"),
                ),
            ),
            # A payer never gets the same money twice, by a refund and by a dispute.
            models.CheckConstraint(
                name="payment_disputed_within_left",
                condition=Q(
                    amount_disputed__gte=0,
                    amount_disputed__lte=Coalesce("amount_received", "amount")
                    - models.F("amount_refunded"),
                ),
            ),
        ]
        indexes = [
            # A merchant's list, newest first.
            models.Index(name="payment_by_merchant", fields=["merchant", "livemode", "-id"]),
            # "Where is the payment of this order?" Newest first, however often it was used.
            models.Index(
                name="payment_of_reference",
                fields=["merchant", "livemode", "merchant_reference", "id"],
                condition=~Q(merchant_reference=""),
            ),
            # "About 5,000, yesterday around two": what is known on the telephone.
            models.Index(CREATED_HOUR, "amount", name="payment_by_hour_and_amount"),
            # A payer's number, searched exactly: support's search and the merchant's filter.
            models.Index(
                name="payment_of_payer", fields=["payer_msisdn_index", "merchant", "livemode", "id"]
            ),
            # Who failed for one reason: from a report to the payments. Those that succeed, and so
            # the usual way, never write it.
            models.Index(
                name="payment_of_failure",
                fields=["failure_code", "id"],
                condition=~Q(failure_code=""),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("pay", self.pk)

    @property
    def what_payer_does(self) -> dict[str, Any] | None:
        """The next action, as long as its payer is asked for it."""
        return self.next_action if self.status in ASKS_PAYER else None

    @property
    def received(self) -> int:
        """What was collected, once it succeeded."""
        return self.amount if self.amount_received is None else self.amount_received

    @property
    def left(self) -> int:
        """What was collected and neither given back nor disputed."""
        return self.received - self.amount_refunded - self.amount_disputed

    @property
    def attempts(self) -> models.QuerySet[Attempt]:
        return Attempt.objects.filter(owner_id=self.pk)

    @property
    def history(self) -> models.QuerySet[StatusChange]:
        """Its own moves and those of its attempts."""
        return StatusChange.objects.filter(owner_id=self.pk)

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.currency}"


class PaymentState(models.Model):
    """What is looked for of a payment and changes: its status, and when it expires.

    A trigger keeps it with each change of the payment, in the same transaction; no code writes it.
    """

    # Every combination of the filters with few values is one range of it, newest first
    # (selectors/list_payments.py): a rare one costs what a common one does.
    pk = models.CompositePrimaryKey(
        "merchant_id", "livemode", "status", "operator", "provider", "currency", "payment_id"
    )
    merchant_id = models.UUIDField()
    livemode = models.BooleanField()
    status = models.CharField(max_length=16, choices=PaymentStatus.choices)
    operator = models.CharField(max_length=16)
    provider = models.CharField(max_length=32)
    currency = models.CharField(max_length=3)
    payment_id = models.UUIDField()
    # Of what its payer has not answered yet.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Expiring what nobody answered.
            models.Index(
                name="payment_state_expiring",
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
            ),
            # The staff's: all merchants' of one status. Not of those that every payment passes.
            models.Index(
                name="payment_state_by_status",
                fields=["status", "payment_id"],
                condition=~Q(status__in=[*sorted(ASKS_PAYER), PaymentStatus.SUCCEEDED]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.status}"


class MetadataEntry(models.Model):
    """One entry of a payment's metadata, for searching: written with the payment, never changed.

    A table and not an index on the JSON: its rows lie by token and then by age, so the newest
    payments with an entry are found at one price, whether three have it or three million.
    """

    pk = models.CompositePrimaryKey("token", "payment_id")
    # rules.metadata_search.token_of
    token = models.BigIntegerField()
    payment_id = models.UUIDField()

    class Meta:
        verbose_name = _("metadata entry")
        verbose_name_plural = _("metadata entries")

    def __str__(self) -> str:
        return f"{self.token} {self.payment_id}"
