"""Statements and their lines."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
)

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    related,
    show_block,
    show_label,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.visible_rows import visible_rows
from apps.providers.admin import AccountFilter
from apps.providers.contract import ReadsStatements
from apps.providers.models import ProviderAccount
from apps.providers.registry import connector_for
from apps.reconciliation.admin.cells import as_uuid_text, owner_link, shown_money
from apps.reconciliation.admin.day_reports import DayReports
from apps.reconciliation.admin.decisions import WithdrawnByTwo
from apps.reconciliation.models import (
    Discrepancy,
    Statement,
    StatementLine,
    StatementWithdrawal,
)
from apps.reconciliation.selectors.day_summary import DaySummary, Tally, day_summary
from apps.reconciliation.services.check_statement_fits import DAYS_MAX
from apps.reconciliation.services.import_statement import import_statement
from apps.vault.masked_text import mask_text

STATEMENT_COLOURS = {
    Statement.Status.STAGED: "info",
    Statement.Status.MATCHED: "success",
    Statement.Status.WITHDRAWN: "warning",
}

MATCH_COLOURS = {
    StatementLine.Match.WAITING: "info",
    StatementLine.Match.MATCHED: "success",
    StatementLine.Match.EXCEPTION: "danger",
    StatementLine.Match.SEEN_BEFORE: "",
    StatementLine.Match.SUPERSEDED: "",
}


class UploadForm(forms.Form):
    account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("label"),
        label=_("provider account"),
        widget=UnfoldAdminSelectWidget,
    )
    day = forms.DateField(label=_("day"), widget=UnfoldAdminSingleDateWidget)
    days = forms.IntegerField(
        label=_("days covered"),
        help_text=_("More than one if the report covers several days; then the day is the last."),
        initial=1,
        min_value=1,
        max_value=DAYS_MAX,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    file = forms.FileField(label=_("file"), widget=UnfoldAdminFileFieldWidget)


class ImportedFilter(DayRangeFilter):
    """A line's own time is the provider's; its id tells when it was imported."""

    word = _("imported")


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
        "lines_read", "lines_broken", "imported", "matched", "withdrawn", "summary", "day_reports",
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
        form = UploadForm(request.POST or None, request.FILES or None)
        accounts: Any = form.fields["account"]
        accounts.queryset = visible_rows(request.user, accounts.queryset)
        if form.is_valid():
            statement = self._import(request, form)
            if statement is not None:
                return HttpResponseRedirect(
                    reverse("admin:reconciliation_statement_change", args=[statement.pk])
                )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import a statement"),
            "form": form,
            "media": self.media + form.media,
            "back_url": reverse("admin:reconciliation_statement_changelist"),
        }
        return TemplateResponse(request, "reconciliation/form_page.html", context)

    def _import(self, request: HttpRequest, form: UploadForm) -> Statement | None:
        account = form.cleaned_data["account"]
        file = form.cleaned_data["file"]
        now = timezone.now()
        reader = connector_for(account)
        if not isinstance(reader, ReadsStatements):
            form.add_error("account", _("No statement of this provider can be read yet."))
            return None
        try:
            statement = import_statement(
                provider_account=account,
                day=form.cleaned_data["day"],
                days=form.cleaned_data["days"] or 1,
                file=file,
                file_name=file.name,
                reader=reader,
                now=now,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, show_refusal(error))
            return None
        if statement.created_at != now:
            self.message_user(request, _("This file was imported before."), messages.WARNING)
            return statement
        record(
            actor=actor_of(request),
            action="statement.import",
            target=statement.public_id,
            detail={"file": statement.file_name, "lines": statement.lines_read},
            now=now,
        )
        self.message_user(
            request,
            ngettext(
                "%d line imported; it is being matched.",
                "%d lines imported; they are being matched.",
                statement.lines_read,
            )
            % statement.lines_read,
            messages.SUCCESS,
        )
        return statement

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


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    list_display = [
        "line_number", "statement_shown", "match_shown", "why", "amount_shown", "outcome",
        "reference", "provider_reference",
    ]  # fmt: skip
    list_filter = [("match", ChoicesDropdownFilter), ("occurred_at", ImportedFilter)]
    list_select_related = ["statement__provider_account"]
    search_fields = ["reference", "provider_reference", "attempt_id", "statement_id"]
    search_help_text = _("Exactly a reference, or the id of an attempt att_… or statement sta_…")
    fields = [
        "statement_shown", "line_number", "match_shown", "why", "counted_as", "operation",
        "amount_shown", "fee", "outcome", "reference", "provider_reference", "occurred",
        "raw_shown", "payment",
    ]  # fmt: skip
    readonly_fields = fields
    statement_shown = staticmethod(related("statement", _("statement")))

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
            kind = getattr(line, "discrepancy_kind", None)
            words = [Discrepancy.Kind(kind).label] if kind else []
            return ": ".join(str(word) for word in [*words, line.problem] if word)
        if line.match == StatementLine.Match.MATCHED:
            return _("Both sides agree.")
        return _("Not compared yet.")

    @display(description=_("counted as"))
    def counted_as(self, line: StatementLine) -> str:
        if line.counted_as_id is None:
            return "–"
        other = StatementLine.objects.select_related("statement__provider_account").get(
            pk=line.counted_as_id
        )
        url = reverse("admin:reconciliation_statementline_change", args=[other.pk])
        text = _("line %(number)d of %(statement)s") % {
            "number": other.line_number,
            "statement": f"{other.statement} ({other.statement.public_id})",
        }
        return format_html('<a href="{}">{}</a>', url, text)

    @display(description=_("amount"))
    def amount_shown(self, line: StatementLine) -> str:
        return shown_money(line.amount, line.currency)

    @display(description=_("occurred"))
    def occurred(self, line: StatementLine) -> str:
        return show_time(line.occurred_at, line.statement.provider_account.timezone)

    @display(description=_("line as it came"))
    def raw_shown(self, line: StatementLine) -> SafeString:
        return show_block(mask_text(line.raw))

    @display(description=_("payment"))
    def payment(self, line: StatementLine) -> str:
        return owner_link(line.attempt_id)


def _summary_lines(found: DaySummary) -> list[str]:
    lines = []
    for summed in found.currencies:
        for label, tally in (
            (_("matched"), summed.matched),
            (_("exceptions"), summed.exceptions),
            (_("waiting"), summed.waiting),
            (_("total"), summed.total),
        ):
            lines.append(f"{label}: {_tally(tally, summed.currency)}")
        for label, tally in (
            (_("seen before"), summed.seen_before),
            (_("superseded"), summed.superseded),
        ):
            if tally.count:
                lines.append(f"{label}: {tally.count}")
    for (kind, status), count in found.discrepancies.items():
        kind_shown = Discrepancy.Kind(kind).label
        lines.append(f"{kind_shown} ({Discrepancy.Status(status).label}): {count}")
    return lines


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
