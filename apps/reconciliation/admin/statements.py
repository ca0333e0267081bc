"""Statements: the providers' reports, as they were imported."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
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
from apps.providers.models import ProviderAccount
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
from apps.reconciliation.services.check_statement_fits import DAYS_MAX
from apps.reconciliation.services.import_statement import import_statement
from apps.statement_formats.models import StatementProfileVersion
from apps.statement_formats.selectors.reader_for import reader_for

STATEMENT_COLOURS = {
    Statement.Status.STAGED: "info",
    Statement.Status.MATCHED: "success",
    Statement.Status.WITHDRAWN: "warning",
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
        try:
            reader = reader_for(account)
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
