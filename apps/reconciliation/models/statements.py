"""Providers' reports and their lines."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.orchestration.models import Attempt
from apps.providers.contract import OwnMovement
from apps.providers.models import ProviderAccount


class Statement(models.Model):
    """One report file of one provider account: a day of the provider's zone, or several.

    Of two statements the one whose import began later is the newer; it has the last word on the
    days it covers. A withdrawn one is kept as evidence: neither its lines nor its days count.
    """

    class Status(models.TextChoices):
        STAGED = "staged", _("staged")
        MATCHED = "matched", _("matched")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="statements"
    )
    # The last day it covers.
    day = models.DateField(_("day"))
    days = models.PositiveSmallIntegerField(
        _("days covered"), default=1, db_default=1, validators=[MinValueValidator(1)]
    )
    file_name = models.CharField(_("file"), max_length=200)
    # SHA-256 of the file: the same file twice is one statement.
    file_digest = models.BinaryField(max_length=32)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices)
    lines_read = models.PositiveIntegerField(_("lines"), default=0)
    lines_broken = models.PositiveIntegerField(_("unreadable lines"), default=0)
    # The version of a statement profile that it was read by; null: the connector read it.
    profile_version_id = models.UUIDField(_("read with"), null=True, blank=True)
    # When its import began.
    created_at = models.DateTimeField(_("imported"))
    matched_at = models.DateTimeField(_("matched"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [
            # The same file again is the same statement. Of other days it is another: files of
            # days without movements are alike.
            models.UniqueConstraint(
                name="statement_unique_report",
                fields=["provider_account", "day", "days", "file_digest"],
                condition=~Q(status="withdrawn"),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("sta", self.pk)

    @property
    def first_day(self) -> date:
        return self.day - timedelta(days=self.days - 1)

    def __str__(self) -> str:
        return f"{self.provider_account} {self.day}"


class StatementDay(models.Model):
    """A day a statement covers. A day nobody covers is a missing statement until its report comes.

    Only rows of statements that were matched and not withdrawn count.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField(_("day"))
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="covered_days")
    # False: imported before the day had ended, so that its report is still to come.
    is_whole = models.BooleanField(_("whole day"))

    class Meta:
        verbose_name = _("covered day")
        verbose_name_plural = _("covered days")
        constraints = [
            # Also the index for "which statements cover this day?".
            models.UniqueConstraint(
                name="statement_day_once", fields=["provider_account", "day", "statement"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.day}"


class StatementWithdrawal(models.Model):
    """Who took a statement back, and why."""

    statement = models.OneToOneField(
        Statement, on_delete=models.PROTECT, primary_key=True, related_name="withdrawal"
    )
    reason = models.CharField(_("reason"), max_length=300)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"))
    # When what its lines stood for had been matched again without them.
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("withdrawn statement")
        verbose_name_plural = _("withdrawn statements")
        constraints = [
            # Four eyes.
            models.CheckConstraint(
                name="statement_withdrawal_by_two",
                condition=~Q(requested_by=F("approved_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.reason}"


class OwnMovementKind(models.TextChoices):
    """The contract's OwnMovement, in words."""

    SWEEP = OwnMovement.SWEEP.value, _("sweep")
    RETURNED = OwnMovement.RETURNED.value, _("came back")


class StatementLine(models.Model):
    """One line of a report. Never changed by hand; `attempt_id` is what it was matched with, and
    `matched_by` how that was found.

    `problem` is why a line could not be read; then only `raw` and `line_number` are set. `reason`
    is why a line that counts does not agree, or agrees only nearly: a kind of discrepancy or one
    of `Reason`, with what each side says.
    """

    class Pass(models.TextChoices):
        """A step of the matching: what a line and its attempt have in common."""

        PROVIDER_REFERENCE = "provider_reference", _("the provider's reference")
        OUR_REFERENCE = "our_reference", _("our reference")
        MERCHANT_REFERENCE = "merchant_reference", _("the merchant's reference, amount and day")
        NUMBER = "number", _("the number, amount and minute")
        # A total and the movements it pays, within one settlement reference.
        SETTLEMENT = "settlement", _("one total of a settlement")
        SETTLEMENT_PARTS = "settlement_parts", _("several totals of a settlement")
        # What has its other side elsewhere: a dispute, what it undoes, a line of another account.
        REVERSAL = "reversal", _("a payment taken back")
        OWN_TRANSFER = "own_transfer", _("a transfer between our own accounts")
        # Without a reference that both have: by an OwnTransferRule.
        OWN_RULE = "own_rule", _("a transfer between our own accounts, by a rule")

    # No step of a plan: two people said what it stands for.
    BY_HAND = ("by_hand", _("by hand"))

    class Reason(models.TextChoices):
        """What no kind of discrepancy says."""

        NO_REFERENCE = "no_reference", _("it names nothing to look for")
        NOT_FOUND = "not_found", _("nothing of ours is like it")
        CAME_BACK = "came_back", _("a payout or refund came back, and our books do not have it")
        NO_OTHER_SIDE = "no_other_side", _("a transfer of ours whose other side is missing")
        SEVERAL_CANDIDATES = "several_candidates", _("several could be it: a person chooses")
        WITHIN_TOLERANCE = "within_tolerance", _("it differs by less than is allowed")

    class Match(models.TextChoices):
        WAITING = "waiting", _("waiting")
        MATCHED = "matched", pgettext_lazy("feminine", "matched")
        # It does not agree: an open discrepancy carries it.
        EXCEPTION = "exception", _("exception")
        # An earlier statement has the same line: that one counts.
        SEEN_BEFORE = "seen_before", pgettext_lazy("feminine", "seen before")
        # A newer statement has the movement otherwise; or one of its day has no such line, and
        # the two sides do not agree on it.
        SUPERSEDED = "superseded", pgettext_lazy("feminine", "superseded")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Its index is the first column of statement_line_unique. No constraint: it would look up the
    # one statement for each of a million lines. Nobody may delete a statement, and an invariant
    # says that it is there.
    statement = models.ForeignKey(
        Statement,
        on_delete=models.PROTECT,
        related_name="lines",
        db_index=False,
        db_constraint=False,
    )
    line_number = models.PositiveIntegerField(_("line"))
    reference = models.CharField(_("our reference"), max_length=64, default="", blank=True)
    provider_reference = models.CharField(
        _("provider's reference"), max_length=64, default="", blank=True
    )
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    fee = models.BigIntegerField(_("fee"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="", blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, default="", blank=True)
    # What was asked of the provider, or how our own money moved; "" where its report does not say.
    operation = models.CharField(
        _("operation"),
        max_length=12,
        choices=[*Attempt.Operation.choices, *OwnMovementKind.choices],
        default="",
        db_default="",
        blank=True,
    )
    occurred_at = models.DateTimeField(_("occurred"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=200, default="", blank=True)
    raw = models.CharField(_("line as it came"), max_length=2000, default="", blank=True)
    match = models.CharField(
        _("match"), max_length=12, choices=Match.choices, default=Match.WAITING
    )
    attempt_id = models.UUIDField(_("attempt"), null=True, blank=True)
    # The line that counts instead, of one that was seen before or superseded. None: the newer
    # statement has no line of this movement.
    counted_as_id = models.UUIDField(_("counted as"), null=True, blank=True)
    merchant_reference = models.CharField(
        _("merchant's reference"), max_length=64, default="", db_default="", blank=True
    )
    # The blind index of the payer's or payee's number; the number itself is not kept.
    number_index = models.BinaryField(max_length=32, null=True)
    # Which payment to us, or by us, the provider sums it up in.
    settlement_reference = models.CharField(
        _("settlement"), max_length=64, default="", db_default="", blank=True
    )
    # "" also where it was matched before there were passes: by a reference.
    matched_by = models.CharField(
        _("pass"),
        max_length=20,
        db_column="pass",
        choices=[*Pass.choices, BY_HAND],
        default="",
        db_default="",
        blank=True,
    )
    reason = models.CharField(_("reason"), max_length=24, default="", db_default="", blank=True)
    our_value = models.CharField(_("ours"), max_length=64, default="", db_default="", blank=True)
    their_value = models.CharField(
        _("theirs"), max_length=64, default="", db_default="", blank=True
    )
    # The first total of the settlement that its money is in; of that total itself, its own id. Of a
    # transfer between our own accounts, the line of the other account.
    settlement_line_id = models.UUIDField(_("settled by"), null=True, blank=True)

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        constraints = [
            models.UniqueConstraint(
                name="statement_line_unique", fields=["statement", "line_number"]
            ),
        ]
        indexes = [
            # Partial, so that a million lines staged cost as few index entries as possible: a line
            # that has the provider's reference is found by that.
            models.Index(
                name="statement_line_our_ref",
                fields=["reference"],
                condition=Q(provider_reference="") & ~Q(reference=""),
            ),
            # "Has this movement been reported before?"
            models.Index(
                name="statement_line_their_ref",
                fields=["provider_reference"],
                condition=~Q(provider_reference=""),
            ),
            # "Does any statement mention this attempt?"
            models.Index(
                name="statement_line_attempt",
                fields=["attempt_id"],
                condition=Q(attempt_id__isnull=False),
            ),
            # What else is in this settlement?
            models.Index(
                name="statement_line_settlement",
                fields=["settlement_reference"],
                condition=~Q(settlement_reference=""),
            ),
            # Which transfers of this amount did a rule find? They are few.
            models.Index(
                name="statement_line_own_rule",
                fields=["amount"],
                condition=Q(matched_by="own_rule"),
            ),
            # Of which line is this one the other side?
            models.Index(
                name="statement_line_other_side",
                fields=["settlement_line_id"],
                condition=Q(matched_by__in=("own_transfer", "own_rule")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} · {self.line_number}"
