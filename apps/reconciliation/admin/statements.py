"""Statements: the providers' reports, as they were imported."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from apps.core.admin import (
    related,
    show_block,
    show_label,
    show_time,
    show_two,
)
from apps.providers.admin import AccountFilter
from apps.reconciliation.admin.cells import (
    shown_money,
)
from apps.reconciliation.admin.day_reports import DayReports
from apps.reconciliation.admin.decisions import WithdrawnByTwo
from apps.reconciliation.models import (
    Discrepancy,
    Statement,
    StatementWithdrawal,
)
from apps.reconciliation.selectors.day_summary import DaySummary, Tally, day_summary
from apps.statement_formats.models import StatementProfileVersion

STATEMENT_COLOURS = {
    Statement.Status.STAGED: "info",
    Statement.Status.MATCHED: "success",
    Statement.Status.WITHDRAWN: "warning",
}


@admin.register(Statement)
class StatementAdmin(DayReports, WithdrawnByTwo):
    public_id_prefix = "sta"
    list_display = [
        "id_and_time", "provider_account_shown", "day", "days", "status_shown", "lines_read",
        "lines_broken",
    ]  # fmt: skip
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("provider_account", AccountFilter),
        ("day", RangeDateFilter),
    ]
    list_select_related = ["provider_account"]
    search_fields = ["id"]
    search_help_text = _("The id of the statement, sta_…")
    fields = [
        "public_id", "provider_account_shown", "day", "days", "file_name", "status_shown",
        "lines_read", "lines_broken", "read_by", "imported", "matched", "withdrawn", "summary",
        "day_reports",
    ]  # fmt: skip
    readonly_fields = fields
    provider_account_shown = staticmethod(related("provider_account", _("provider account")))
    actions_list = ["upload"]

    def has_upload_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reconciliation.add_statement")

    @action(
        description=_("Import a statement"),
        url_path="upload",
        permissions=["upload"],
        icon="upload_file",
    )
    def upload(self, request: HttpRequest) -> HttpResponse:
        """A worker reads it, as it reads what a provider sends."""
        return HttpResponseRedirect(reverse("admin:statement_sources_receivedfile_upload"))

    @display(description=_("id"))
    def public_id(self, statement: Statement) -> str:
        return statement.public_id

    @display(description=_("status"))
    def status_shown(self, statement: Statement) -> SafeString:
        return show_label(
            statement.get_status_display(), STATEMENT_COLOURS[Statement.Status(statement.status)]
        )

    @display(description=_("statement"))
    def id_and_time(self, statement: Statement) -> SafeString:
        return show_two(statement.public_id, show_time(statement.created_at))

    @display(description=_("read with"))
    def read_by(self, statement: Statement) -> str:
        if statement.profile_version_id is None:
            return str(_("the provider’s connector"))
        version = StatementProfileVersion.objects.select_related("profile").get(
            pk=statement.profile_version_id
        )
        url = reverse("admin:statement_formats_statementprofile_change", args=[version.profile_id])
        text = str(_("%(profile)s, version %(number)d")) % {
            "profile": version.profile.name,
            "number": version.number,
        }
        return format_html('<a href="{}">{}</a>', url, text)

    @display(description=_("imported"))
    def imported(self, statement: Statement) -> str:
        return show_time(statement.created_at, statement.provider_account.timezone)

    @display(description=_("matched"))
    def matched(self, statement: Statement) -> str:
        return show_time(statement.matched_at, statement.provider_account.timezone)

    @display(description=_("withdrawn"))
    def withdrawn(self, statement: Statement) -> str:
        if statement.status != Statement.Status.WITHDRAWN:
            return "–"
        withdrawal = StatementWithdrawal.objects.select_related("requested_by", "approved_by").get(
            statement=statement
        )
        return _(
            "%(time)s, asked for by %(requested_by)s, approved by %(approved_by)s: %(reason)s"
        ) % {
            "time": show_time(withdrawal.withdrawn_at, statement.provider_account.timezone),
            "requested_by": withdrawal.requested_by,
            "approved_by": withdrawal.approved_by,
            "reason": withdrawal.reason,
        }

    @display(description=_("the whole day"))
    def summary(self, statement: Statement) -> SafeString:
        found = day_summary(provider_account_id=statement.provider_account_id, day=statement.day)
        return show_block("\n".join(_summary_lines(found)))


def _summary_lines(found: DaySummary) -> list[str]:
    lines = [
        _("Expected later: %(expected)d · missing: %(missing)d · wrong: %(wrong)d")
        % {"expected": found.expected, "missing": found.missing, "wrong": found.wrong}
    ]
    for summed in found.currencies:
        # Lines that could not be read have no amount and no currency.
        lines.append(summed.currency or str(_("without an amount")))
        for label, tally in (
            (_("matched"), summed.matched),
            (_("exceptions"), summed.exceptions),
            (_("waiting"), summed.waiting),
            (_("total"), summed.total),
        ):
            lines.append("  " + _said(label, _tally(tally, summed.currency)))
        for label, tally in (
            (_("seen before"), summed.seen_before),
            (_("superseded"), summed.superseded),
        ):
            if tally.count:
                lines.append("  " + _said(label, tally.count))
    for (kind, status), count in found.discrepancies.items():
        kind_shown = Discrepancy.Kind(kind).label
        lines.append(_said(f"{kind_shown} ({Discrepancy.Status(status).label})", count))
    return lines


def _said(label: object, value: object) -> str:
    return _("%(label)s: %(value)s") % {"label": label, "value": value}


def _tally(tally: Tally, currency: str) -> str:
    if not currency:
        return str(tally.count)
    shown = f"{tally.count} · {shown_money(tally.amount, currency)}"
    if tally.fee:
        fee, net = shown_money(tally.fee, currency), shown_money(tally.net, currency)
        shown += " · " + _("fee %(fee)s, net %(net)s") % {"fee": fee, "net": net}
    if tally.failed:
        shown += " · " + ngettext("%d failed", "%d failed", tally.failed) % tally.failed
    return shown
