"""Providers' reports, their lines, and what does not agree."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Abs
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.orchestration.models import Attempt
from apps.providers.models import ProviderAccount

OPEN = Q(status="open")


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


class StatementLine(models.Model):
    """One line of a report. Never changed by hand; `attempt_id` is what it was matched with.

    `problem` is why a line could not be read; then only `raw` and `line_number` are set.
    """

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
    # Its index is the first column of statement_line_unique.
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="lines", db_index=False
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
    # What was asked of the provider; "" where its report does not say.
    operation = models.CharField(
        _("operation"),
        max_length=12,
        choices=Attempt.Operation.choices,
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

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        constraints = [
            models.UniqueConstraint(
                name="statement_line_unique", fields=["statement", "line_number"]
            ),
        ]
        indexes = [
            # Partial, so that a million lines staged cost as few index entries as possible.
            models.Index(
                name="statement_line_ref", fields=["reference"], condition=~Q(reference="")
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
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} · {self.line_number}"


class Discrepancy(models.Model):
    """Something the two sides do not agree on; open until a person or the provider settles it.

    What was closed and comes up again is a new row with the amounts and the date of today; the
    old row is its history.
    """

    class Kind(models.TextChoices):
        UNREADABLE_LINE = "unreadable_line", _("unreadable line")
        UNKNOWN_TO_US = "unknown_to_us", _("the provider has it, we do not")
        UNKNOWN_TO_THEM = "unknown_to_them", _("we have it, the provider does not")
        AMOUNT_DIFFERS = "amount_differs", _("the amounts differ")
        CURRENCY_DIFFERS = "currency_differs", _("the currencies differ")
        STATUS_DIFFERS = "status_differs", _("the outcomes differ")
        # Our amount is the fee we expect, theirs the fee they took.
        FEE_DIFFERS = "fee_differs", _("the fees differ")
        DUPLICATE_LINE = "duplicate_line", _("the same movement twice")
        CONTRADICTION = "contradiction", _("the provider contradicted itself")
        # The provider's report of `day` has not come.
        MISSING_STATEMENT = "missing_statement", _("no report of the day")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        # Both sides agree now: the provider was asked, or a later report brought what was missing.
        REPAIRED = "repaired", _("repaired")
        RESOLVED = "resolved", _("resolved")
        # A newer statement took the place of its line.
        SUPERSEDED = "superseded", _("superseded")
        # Its statement was withdrawn.
        WITHDRAWN = "withdrawn", _("withdrawn")
        # Two people said which attempts its line stands for: HandMatch.
        MATCHED = "matched", _("matched by hand")
        # Two people gave it up: the ledger has it.
        WRITTEN_OFF = "written_off", _("written off")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.OPEN
    )
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="discrepancies"
    )
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, null=True, blank=True, related_name="discrepancies"
    )
    line = models.ForeignKey(
        StatementLine, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    attempt_id = models.UUIDField(_("attempt"), null=True, blank=True, db_index=True)
    # Of a missing statement only; the others have their statement's.
    day = models.DateField(_("day"), null=True, blank=True)
    our_amount = models.BigIntegerField(_("our amount"), null=True, blank=True)
    their_amount = models.BigIntegerField(_("their amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="", blank=True)
    detail = models.CharField(_("detail"), max_length=300, default="", blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    resolution = models.CharField(_("resolution"), max_length=300, default="", blank=True)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # Minor units: above zero what may be lost, below what is owed to others; zero also where nobody
    # knows. The database sets it by rules.value_at_risk.
    value_at_risk = models.BigIntegerField(_("value at risk"), default=0, db_default=0)
    # Open, and on nobody's list before this day.
    expected_until = models.DateField(_("expected until"), null=True, blank=True)
    # Its history so far. Who saw this number saw the row as it was then.
    sequence = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        constraints = [
            # A statement matched twice must not open the same discrepancy twice.
            models.UniqueConstraint(
                name="discrepancy_open_once",
                fields=["kind", "provider_account", "day", "statement", "line", "attempt_id"],
                condition=Q(status="open"),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(name="discrepancy_open", fields=["opened_at"], condition=Q(status="open")),
            # The desk: by age, by value, and by what it is narrowed to.
            models.Index(name="discrepancy_by_age", fields=["id"], condition=OPEN),
            models.Index(
                Abs("value_at_risk").desc(),
                "id",
                name="discrepancy_by_value",
                condition=OPEN,
            ),
            models.Index(name="discrepancy_of_kind", fields=["kind", "id"], condition=OPEN),
            models.Index(
                name="discrepancy_of_rail", fields=["provider_account", "id"], condition=OPEN
            ),
            models.Index(name="discrepancy_of_owner", fields=["owner", "id"], condition=OPEN),
            # What a line of this amount may stand for.
            models.Index(
                name="discrepancy_of_amount",
                fields=["provider_account", "our_amount"],
                condition=OPEN,
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("dsc", self.pk)

    def __str__(self) -> str:
        return self.public_id
