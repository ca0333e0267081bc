"""Settlements: what we owe merchants, period by period, and how it is paid to them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.approvals.models import AgreedVersion
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id, new_id
from apps.core.work.counted_failures import CountsFailures
from apps.merchants.models import Merchant

CURRENCIES = [(currency, currency) for currency in EXPONENTS]


class Cadence(models.TextChoices):
    DAILY = "daily", _("every day")
    WEEKLY = "weekly", _("every week")
    THRESHOLD = "threshold", _("from an amount on")


class PaidBy(models.TextChoices):
    PAYOUT = "payout", _("payout to its own wallet")
    BANK_FILE = "bank_file", _("transfer by our bank")


class SettlementTerms(AgreedVersion):
    """When a merchant is paid, how, and to whom: one version, never changed once approved.

    Amounts are minor units of `currency`. `payee_encrypted` is the JSON of the payee: of a payout
    its phone; of a transfer its name, account and BIC.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, verbose_name=_("merchant"), db_index=False
    )
    livemode = models.BooleanField(_("live mode"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    cadence = models.CharField(_("how often"), max_length=10, choices=Cadence.choices)
    # 0 is Monday; of a weekly one only.
    weekday = models.PositiveSmallIntegerField(_("day of the week"), null=True, blank=True)
    # In the merchant's zone.
    hour = models.PositiveSmallIntegerField(_("hour"))
    # Less is carried over.
    amount_min = models.PositiveBigIntegerField(_("least amount"))
    paid_by = models.CharField(_("paid by"), max_length=10, choices=PaidBy.choices)
    payee_encrypted = models.BinaryField()
    # Of the account or number: equal payees are found equal.
    payee_index = models.BinaryField(max_length=32)
    payee_masked = models.CharField(_("payee"), max_length=60)

    class Meta:
        verbose_name = _("terms of settlement")
        verbose_name_plural = _("terms of settlement")
        constraints = [
            models.UniqueConstraint(
                name="settlement_terms_number",
                fields=["merchant", "livemode", "currency", "number"],
            ),
            AgreedVersion.by_two("settlement_terms_by_two"),
            models.CheckConstraint(
                name="settlement_terms_time",
                condition=Q(hour__lte=23)
                & (
                    Q(cadence="weekly", weekday__lte=6)
                    | (~Q(cadence="weekly") & Q(weekday__isnull=True))
                ),
            ),
            models.CheckConstraint(
                name="settlement_terms_amount_min", condition=Q(amount_min__gte=1)
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("stt", self.pk)

    def __str__(self) -> str:
        return self.public_id


class SettlementCycle(CountsFailures):
    """Where the statements of a merchant, mode and currency stand: the next one begins where the
    last one ended. One row for each; it is its own queue."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, verbose_name=_("merchant"), db_index=False
    )
    livemode = models.BooleanField(_("live mode"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    # Transactions of the database before this number are on statements (ADR 11).
    horizon = models.BigIntegerField(default=0)
    # The closing balance of the last statement, in minor units.
    balance = models.BigIntegerField(_("balance"), default=0)
    closed_at = models.DateTimeField(_("last closed"), null=True, blank=True)
    # Why nothing is paid for now: staff said so.
    held_back_reason = models.CharField(_("held back"), max_length=300, default="", blank=True)
    # When the period is to be closed next.
    due_at = models.DateTimeField(_("next"), null=True, blank=True)

    class Meta:
        verbose_name = _("settlement cycle")
        verbose_name_plural = _("settlement cycles")
        constraints = [
            models.UniqueConstraint(
                name="settlement_cycle_once", fields=["merchant", "livemode", "currency"]
            ),
        ]
        indexes = [
            models.Index(
                name="settlement_cycle_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            # What the alert looks for.
            models.Index(
                name="settlement_cycle_failing",
                fields=["failing_since"],
                condition=Q(failing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.currency}"


class SettlementNumber(models.Model):
    """The last number given to a statement of a merchant and mode in a year: none is left out."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField()
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="settlement_number_once", fields=["merchant", "livemode", "year"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.last}"


class BankFileStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    APPROVED = "approved", _("approved")
    # Somebody has it, who is named.
    DOWNLOADED = "downloaded", _("downloaded")
    # A worker puts it at our bank's door.
    DELIVERING = "delivering", _("being delivered")
    # The bank has it.
    SENT = "sent", _("sent")
    DISCARDED = "discarded", _("discarded")
    # Two people say that it was never given to the bank.
    ANNULLED = "annulled", _("annulled")


class BankFile(CountsFailures):
    """Transfers to several merchants, as one file for our bank (pain.001.001.09).

    What was approved is what is downloaded or delivered: `digest` is the SHA-256 of the file.
    `downloaded_by` is who has it, or has it delivered.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    livemode = models.BooleanField(_("live mode"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    count = models.PositiveIntegerField(_("transfers"))
    amount = models.PositiveBigIntegerField(_("amount"))
    content_encrypted = models.BinaryField()
    digest = models.BinaryField(max_length=32)
    status = models.CharField(_("status"), max_length=10, choices=BankFileStatus.choices)
    created_by = models.CharField(_("made by"), max_length=60)
    approved_by = models.CharField(_("approved by"), max_length=60, default="", blank=True)
    downloaded_by = models.CharField(_("downloaded by"), max_length=60, default="", blank=True)
    annulment_asked_by = models.CharField(
        _("annulment asked for by"), max_length=60, default="", db_default="", blank=True
    )
    annulled_by = models.CharField(
        _("annulled by"), max_length=60, default="", db_default="", blank=True
    )
    created_at = models.DateTimeField(_("created"))
    # The last time: the audit trail has each.
    downloaded_at = models.DateTimeField(_("downloaded"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    # While it is delivered: when a worker sees to it next. Null: it is left to a person.
    delivery_due_at = models.DateTimeField(_("next"), null=True, blank=True)
    # From then on it may have had its own name at the bank's door. Null: never.
    handed_at = models.DateTimeField(_("handed over from"), null=True, blank=True)
    # What a door that wants files signed or encrypted is given, the same at every try, and a mark
    # of the keys. Null: it goes plain.
    sealed_encrypted = models.BinaryField(null=True)
    sealed_for = models.BinaryField(max_length=32, null=True)
    delivered_to = models.CharField(
        _("delivered to"), max_length=600, default="", db_default="", blank=True
    )

    class Meta:
        verbose_name = _("bank file")
        verbose_name_plural = _("bank files")
        constraints = [
            # Nothing leaves by one person's word.
            models.CheckConstraint(
                name="settlement_bank_file_by_two",
                condition=Q(status__in=["draft", "discarded"])
                | (~Q(approved_by="") & ~Q(approved_by=F("created_by"))),
            ),
            models.CheckConstraint(
                name="settlement_bank_file_downloader_named",
                condition=~Q(status__in=["downloaded", "sent"]) | ~Q(downloaded_by=""),
            ),
            models.CheckConstraint(
                name="settlement_bank_file_annulled_by_two",
                condition=~Q(status="annulled")
                | (
                    ~Q(annulled_by="")
                    & ~Q(annulment_asked_by="")
                    & ~Q(annulled_by=F("annulment_asked_by"))
                ),
            ),
            models.CheckConstraint(
                name="settlement_bank_file_due_while_delivering",
                condition=Q(status="delivering") | Q(delivery_due_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                name="settlement_bank_file_due",
                fields=["delivery_due_at"],
                condition=Q(delivery_due_at__isnull=False),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("sbf", self.pk)

    def __str__(self) -> str:
        return self.public_id


class SettlementStatus(models.TextChoices):
    # Nothing is paid of it: the next statement begins with its balance.
    CARRIED_OVER = "carried_over", _("carried over")
    # Its amount is held, and is paid when its turn comes.
    WAITING = "waiting", _("waiting")
    # Its amount is held, and a person has to say how it goes on.
    ON_HOLD = "on_hold", _("on hold")
    # In a file for the bank.
    FILED = "filed", _("in a bank file")
    # Its payout is under way, or the bank has the file.
    SENT = "sent", _("sent")
    PAID = "paid", _("paid")
    # Not paid: the balance has the amount again, and the next statement says so.
    FAILED = "failed", _("failed")


class Settlement(CountsFailures):
    """The net statement of a merchant, mode and currency for one period, and how it was paid.

    Its lines and balances never change once it is closed. Amounts are minor units of `currency`.
    `status` changes only through transitions.move.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, verbose_name=_("merchant"), db_index=False
    )
    livemode = models.BooleanField(_("live mode"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    terms = models.ForeignKey(SettlementTerms, on_delete=models.PROTECT, db_index=False)
    # Of the merchant and mode, in this year of the merchant's zone: 1, 2, 3 …
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"))
    # For people; what is on it the horizons say.
    period_start = models.DateTimeField(_("from"), null=True, blank=True)
    period_end = models.DateTimeField(_("to"))
    horizon_from = models.BigIntegerField()
    horizon_to = models.BigIntegerField()
    opening_balance = models.BigIntegerField(_("opening balance"))
    closing_balance = models.BigIntegerField(_("closing balance"))
    line_count = models.PositiveBigIntegerField(_("lines"))
    # Kind of transfer -> {"count": …, "amount": …}: what the lines of that kind bring together.
    totals = models.JSONField(_("totals"), default=dict)
    # What of the closing balance is paid to the merchant; the rest is carried over.
    amount = models.PositiveBigIntegerField(_("amount"))
    paid_by = models.CharField(_("paid by"), max_length=10, choices=PaidBy.choices)
    payee_index = models.BinaryField(max_length=32)
    payee_masked = models.CharField(_("payee"), max_length=60)
    status = models.CharField(_("status"), max_length=14, choices=SettlementStatus.choices)
    # Why it waits for a person, or was not paid.
    reason_code = models.CharField(_("reason"), max_length=40, default="", blank=True)
    reason = models.CharField(_("said by staff"), max_length=300, default="", blank=True)
    payout_id = models.UUIDField(_("payout"), null=True, blank=True, unique=True)
    bank_file = models.ForeignKey(
        BankFile, on_delete=models.PROTECT, null=True, blank=True, related_name="settlements"
    )
    # How often it was tried to make its payout.
    tries = models.PositiveSmallIntegerField(default=0)
    # Moves made so far, each with its event: the next one is sequence + 1.
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("closed"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    # When there is something to do for it next.
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            # Numbered without a gap, and never twice.
            models.UniqueConstraint(
                name="settlement_number", fields=["merchant", "livemode", "year", "number"]
            ),
            # A period is closed once, however many try.
            models.UniqueConstraint(
                name="settlement_period_once",
                fields=["merchant", "livemode", "currency", "horizon_to"],
            ),
            # Never more than there was.
            models.CheckConstraint(
                name="settlement_within_balance",
                condition=Q(amount=0) | Q(amount__lte=F("closing_balance")),
            ),
            models.CheckConstraint(
                name="settlement_paid_is_something",
                condition=Q(status="carried_over", amount=0)
                | (~Q(status="carried_over") & Q(amount__gt=0)),
            ),
        ]
        indexes = [
            models.Index(name="settlement_by_merchant", fields=["merchant", "livemode", "-id"]),
            models.Index(
                name="settlement_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            # What the alert looks for.
            models.Index(
                name="settlement_failing",
                fields=["failing_since"],
                condition=Q(failing_since__isnull=False),
            ),
            # What has not ended: few of all, and what alerts look through.
            models.Index(
                name="settlement_open",
                fields=["created_at"],
                condition=Q(status__in=["waiting", "on_hold", "filed", "sent"]),
            ),
            # What a bank file is made of.
            models.Index(
                name="settlement_for_bank",
                fields=["livemode", "currency", "id"],
                condition=Q(status="waiting", paid_by="bank_file"),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("set", self.pk)

    @property
    def full_number(self) -> str:
        return f"{self.year}-{self.number:06}"

    @property
    def totals_by_kind(self) -> list[dict[str, Any]]:
        return [{"kind": kind, **total} for kind, total in sorted(self.totals.items())]

    @property
    def carried_over(self) -> int:
        return self.closing_balance - self.amount

    def __str__(self) -> str:
        return self.public_id


class SettlementLine(models.Model):
    """One movement of the balance, on the one statement that has it: its id is the transfer's."""

    id = models.UUIDField(primary_key=True, editable=False)
    # No constraint: it would look up the one settlement for each of a million lines. An invariant
    # says that it is there.
    settlement = models.ForeignKey(
        Settlement,
        on_delete=models.PROTECT,
        related_name="lines",
        db_index=False,
        db_constraint=False,
    )
    number = models.PositiveBigIntegerField(_("line"))
    kind = models.CharField(_("kind"), max_length=24)
    # Minor units; negative where it was taken off.
    amount = models.BigIntegerField(_("amount"))
    source_id = models.UUIDField(_("source"))
    moved_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("line of a settlement")
        verbose_name_plural = _("lines of settlements")
        constraints = [
            models.UniqueConstraint(name="settlement_line_number", fields=["settlement", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.number}"
