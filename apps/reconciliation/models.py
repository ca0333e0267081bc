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

REPORT_DELAY_DAYS_MAX = 10
# Rounding, not money: in minor units.
TOLERANCE_MAX = 5
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

    # No step of a plan: two people said what it stands for.
    BY_HAND = ("by_hand", _("by hand"))

    class Reason(models.TextChoices):
        """What no kind of discrepancy says."""

        NO_REFERENCE = "no_reference", _("it names nothing to look for")
        NOT_FOUND = "not_found", _("nothing of ours is like it")
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
    # The first total of the settlement that its money is in; of that total itself, its own id.
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
            # What else is in this settlement?
            models.Index(
                name="statement_line_settlement",
                fields=["settlement_reference"],
                condition=~Q(settlement_reference=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} · {self.line_number}"


class MatchingPlan(models.Model):
    """How an account's lines look for their attempts, from one decision of two people to the next.

    Never changed: the highest number holds. An account without one has rules.passes.DEFAULT_PLAN.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Its index is the first column of matching_plan_number.
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="matching_plans", db_index=False
    )
    number = models.PositiveIntegerField(_("version"))
    # A movement may be in the report of so many days later; until then it is expected.
    report_delay_days = models.PositiveSmallIntegerField(_("days until it is reported"))
    # In minor units.
    tolerance = models.PositiveSmallIntegerField(_("allowed difference"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("matching plan")
        verbose_name_plural = _("matching plans")
        constraints = [
            models.UniqueConstraint(
                name="matching_plan_number", fields=["provider_account", "number"]
            ),
            models.CheckConstraint(
                name="matching_plan_bounds",
                condition=Q(report_delay_days__lte=REPORT_DELAY_DAYS_MAX)
                & Q(tolerance__lte=TOLERANCE_MAX),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_account_id} {self.number}"


class MatchingPass(models.Model):
    """One step of a plan, tried on what the steps before it left. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(
        MatchingPlan, on_delete=models.PROTECT, related_name="passes", db_index=False
    )
    position = models.PositiveSmallIntegerField(_("position"))
    code = models.CharField(_("pass"), max_length=20, choices=StatementLine.Pass.choices)
    # Days or minutes between the line and the attempt, as the code has it; 0 where it has none.
    window = models.PositiveIntegerField(_("window"), default=0)

    class Meta:
        verbose_name = _("pass")
        verbose_name_plural = _("passes")
        constraints = [
            models.UniqueConstraint(name="matching_pass_position", fields=["plan", "position"]),
            models.UniqueConstraint(name="matching_pass_once", fields=["plan", "code"]),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.code}"


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
        # Our amount is what the lines of the settlement sum up to, theirs what was paid.
        SETTLEMENT_DIFFERS = "settlement_differs", _("the settlement does not add up")
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


class DiscrepancyEvent(models.Model):
    """What became of a discrepancy, in the order of `sequence`. A trigger refuses any change, and
    nobody may delete it.

    `before` and `after` are the fields that changed, as JSON; an act that changed none has a reason
    alone. `decision_id` is one for all that was decided at once.
    """

    class Act(models.TextChoices):
        # By the comparison of the two sides; a trigger writes it.
        COMPARED = "compared", _("compared again")
        COMMENT = "comment", _("comment")
        TAKE = "take", _("taken over")
        RESOLVE = "resolve", _("resolved")
        EXPECT = "expect", _("expected later")
        ASK = "ask", _("the provider is asked")
        MATCH = "match", _("matched by hand")
        WRITE_OFF = "write_off", _("written off")
        DECIDE = "decide", _("its attempt was decided")
        UNDO = "undo", _("undone")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    discrepancy = models.ForeignKey(
        Discrepancy, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    sequence = models.PositiveIntegerField()
    act = models.CharField(_("act"), max_length=12, choices=Act.choices)
    decision_id = models.UUIDField(default=new_id)
    # "user:7", or "system".
    actor = models.CharField(_("by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=300, default="", blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    # The number of the event that it takes back.
    undoes = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("history of a discrepancy")
        verbose_name_plural = _("history of discrepancies")
        constraints = [
            # Also the index of a discrepancy's history.
            models.UniqueConstraint(
                name="discrepancy_event_once", fields=["discrepancy", "sequence"]
            ),
            # Nothing is taken back twice.
            models.UniqueConstraint(
                name="discrepancy_undone_once", fields=["discrepancy", "undoes"]
            ),
        ]
        indexes = [
            models.Index(name="discrepancy_event_decision", fields=["decision_id"]),
            # What somebody did last.
            models.Index(name="discrepancy_event_actor", fields=["actor", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.discrepancy_id} {self.sequence} {self.act}"


class HandMatch(models.Model):
    """Two people's word that a line stands for an attempt; several rows split it over several.

    It counts while `undone_at` is null and its line counts. `difference` is what the line has more
    than its attempts together, and `explained_as` why.
    """

    class Explanation(models.TextChoices):
        EQUAL = "", _("equal")
        FEE = "fee", _("the provider kept its fee")
        ROUNDING = "rounding", _("rounding")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    line = models.ForeignKey(
        StatementLine, on_delete=models.PROTECT, related_name="hand_matches", db_index=False
    )
    attempt_id = models.UUIDField(_("attempt"))
    # Of the attempt, in minor units.
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    difference = models.BigIntegerField(_("difference"), default=0)
    explained_as = models.CharField(
        _("explained as"), max_length=12, choices=Explanation.choices, default="", blank=True
    )
    decision_id = models.UUIDField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(_("made"))
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("match by hand")
        verbose_name_plural = _("matches by hand")
        constraints = [
            # Four eyes.
            models.CheckConstraint(
                name="hand_match_by_two", condition=~Q(requested_by=F("approved_by"))
            ),
            # A difference is never left unexplained.
            models.CheckConstraint(
                name="hand_match_explained", condition=Q(difference=0) | ~Q(explained_as="")
            ),
            # What moved once is found once.
            models.UniqueConstraint(
                name="hand_match_attempt_once",
                fields=["attempt_id"],
                condition=Q(undone_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                name="hand_match_of_line", fields=["line"], condition=Q(undone_at__isnull=True)
            ),
            models.Index(name="hand_match_decision", fields=["decision_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.attempt_id}"


class SavedView(models.Model):
    """A person's own choice of filters of the desk, under a name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    name = models.CharField(_("name"), max_length=40)
    # As it stands in the address of the page.
    query = models.CharField(max_length=300)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(name="saved_view_once", fields=["person", "name"]),
        ]

    def __str__(self) -> str:
        return self.name


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
