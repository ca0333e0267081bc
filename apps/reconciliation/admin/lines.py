"""Lines of statements: what each stands for, and why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    related,
    show_block,
    show_label,
    show_time,
    show_two,
)
from apps.orchestration.models import AttemptStatus
from apps.providers.rules.line_problems import shown_problem
from apps.reconciliation.admin.cells import (
    as_uuid_text,
    owner_link,
    reason_in_words,
    shown_money,
    side_in_words,
)
from apps.reconciliation.models import (
    Discrepancy,
    Statement,
    StatementLine,
)
from apps.reconciliation.rules.passes import OWN_TRANSFERS
from apps.reconciliation.selectors.suggested_attempts import suggested_attempts
from apps.reconciliation.selectors.taken_back import taken_back
from apps.vault.masked_text import mask_text

Pass = StatementLine.Pass

MATCH_COLOURS = {
    StatementLine.Match.WAITING: "info",
    StatementLine.Match.MATCHED: "success",
    StatementLine.Match.EXCEPTION: "danger",
    StatementLine.Match.SEEN_BEFORE: "",
    StatementLine.Match.SUPERSEDED: "",
}


def _account_and_day(statement: Statement) -> str:
    """The day in one piece: its column is narrow."""
    day = date_format(statement.day, "j N Y").replace(" ", "\u00a0")
    return f"{statement.provider_account} {day}"


class ImportedFilter(DayRangeFilter):
    """A line's own time is the provider's; its id tells when it was imported."""

    word = _("imported")


class ReasonFilter(DropdownFilter):
    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*StatementLine.Reason.choices, *Discrepancy.Kind.choices]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[StatementLine]
    ) -> QuerySet[StatementLine]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    list_display = [
        "line_number", "statement_shown", "match_shown", "why", "sides", "amount_shown",
        "outcome_shown", "reference", "provider_reference",
    ]  # fmt: skip
    list_filter = [
        ("match", ChoicesDropdownFilter),
        ("matched_by", ChoicesDropdownFilter),
        ReasonFilter,
        ("occurred_at", ImportedFilter),
    ]
    list_select_related = ["statement__provider_account"]
    search_fields = ["reference", "provider_reference", "attempt_id", "statement_id"]
    search_help_text = _("Exactly a reference, or the id of an attempt att_… or statement sta_…")
    fields = [
        "statement_shown", "line_number", "match_shown", "why", "sides", "counted_as",
        "settled_by", "other_side", "takes_back", "operation", "amount_shown", "fee",
        "outcome_shown", "reference", "provider_reference", "merchant_reference",
        "settlement_reference", "occurred", "raw_shown", "payment", "suggested",
    ]  # fmt: skip
    readonly_fields = fields
    statement_shown = staticmethod(related("statement", _("statement"), _account_and_day))

    def matching(self, text: str) -> Q:
        return super().matching(as_uuid_text(text))

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        # The last one tells: what it is an exception for, or how that ended.
        kind = Discrepancy.objects.filter(line=OuterRef("pk")).order_by("-opened_at").values("kind")
        lines: QuerySet[StatementLine] = super().get_queryset(request)
        return lines.annotate(discrepancy_kind=Subquery(kind[:1]))

    @display(description=_("match"))
    def match_shown(self, line: StatementLine) -> SafeString:
        if line.statement.status == Statement.Status.WITHDRAWN:
            return show_label(Statement.Status.WITHDRAWN.label)
        return show_label(line.get_match_display(), MATCH_COLOURS[StatementLine.Match(line.match)])

    @display(description=_("reason"))
    def why(self, line: StatementLine) -> Any:
        if line.statement.status == Statement.Status.WITHDRAWN:
            return _("Its report was withdrawn.")
        if line.match == StatementLine.Match.SEEN_BEFORE:
            return _("An earlier report has the same line.")
        if line.match == StatementLine.Match.SUPERSEDED:
            if line.counted_as_id:
                return _("A newer report says it otherwise.")
            return _("The newer report of its day does not have it.")
        if line.match == StatementLine.Match.EXCEPTION:
            kind = getattr(line, "discrepancy_kind", None) or ""
            refined = line.reason if line.reason in StatementLine.Reason.values else ""
            words = [reason_in_words(kind), reason_in_words(refined), shown_problem(line.problem)]
            return ": ".join(word for word in words if word)
        if line.match == StatementLine.Match.MATCHED:
            if not line.matched_by:
                return _("Both sides agree.")
            by = _("Both sides agree, found by: %(pass)s") % {"pass": line.get_matched_by_display()}
            return "; ".join(word for word in [str(by), reason_in_words(line.reason)] if word)
        return _("Not compared yet.")

    @display(description=_("both sides"))
    def sides(self, line: StatementLine) -> Any:
        ours, theirs = (
            side_in_words(line.reason, value, line.currency)
            for value in (line.our_value, line.their_value)
        )
        if not ours and not theirs:
            return "–"
        return show_two(
            _("ours: %(value)s") % {"value": ours or "–"},
            _("theirs: %(value)s") % {"value": theirs or "–"},
        )

    @display(description=_("settled by"))
    def settled_by(self, line: StatementLine) -> str:
        if line.settlement_line_id in (None, line.pk) or line.matched_by in OWN_TRANSFERS:
            return "–"
        return self._link(line.settlement_line_id)

    @display(description=_("in our other account"))
    def other_side(self, line: StatementLine) -> str:
        if line.matched_by not in OWN_TRANSFERS or line.settlement_line_id is None:
            return "–"
        return self._link(line.settlement_line_id)

    @display(description=_("what it undoes"))
    def takes_back(self, line: StatementLine) -> str:
        attempt = taken_back(line)
        return owner_link(attempt.pk) if attempt else "–"

    @display(description=_("what it could be"))
    def suggested(self, line: StatementLine) -> str:
        attempts = suggested_attempts(line)
        links = [(owner_link(attempt.pk),) for attempt in attempts]
        return format_html_join(", ", "{}", links) if links else "–"

    @display(description=_("counted as"))
    def counted_as(self, line: StatementLine) -> str:
        if line.counted_as_id is None:
            return "–"
        return self._link(line.counted_as_id)

    def _link(self, line_id: UUID) -> str:
        other = StatementLine.objects.select_related("statement__provider_account").get(pk=line_id)
        url = reverse("admin:reconciliation_statementline_change", args=[other.pk])
        text = _("line %(number)d of %(statement)s") % {
            "number": other.line_number,
            "statement": f"{other.statement} ({other.statement.public_id})",
        }
        return format_html('<a href="{}">{}</a>', url, text)

    @display(description=_("amount"))
    def amount_shown(self, line: StatementLine) -> str:
        return shown_money(line.amount, line.currency)

    @display(description=_("outcome"))
    def outcome_shown(self, line: StatementLine) -> str:
        return str(AttemptStatus(line.outcome).label) if line.outcome else "–"

    @display(description=_("occurred"))
    def occurred(self, line: StatementLine) -> str:
        return show_time(line.occurred_at, line.statement.provider_account.timezone)

    @display(description=_("line as it came"))
    def raw_shown(self, line: StatementLine) -> SafeString:
        return show_block(mask_text(line.raw))

    @display(description=_("payment"))
    def payment(self, line: StatementLine) -> str:
        return owner_link(line.attempt_id)
