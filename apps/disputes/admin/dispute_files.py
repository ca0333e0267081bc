"""Providers' files of disputes, and what became of each line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
)

from apps.approvals.admin.asking import ReasonForm
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import (
    ReadOnlyAdmin,
    read_public_id,
    related,
    show_label,
    show_long,
    show_money,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.money import EXPONENTS
from apps.core.visible_rows import visible_rows
from apps.disputes.models import DisputeFile, DisputeFileLine
from apps.disputes.services.decide_line import decide_line
from apps.disputes.services.import_dispute_file import import_dispute_file
from apps.providers.admin import AccountFilter
from apps.providers.contract import CredentialsUnreadable, ReadsDisputes
from apps.providers.models import ProviderAccount
from apps.providers.registry import connector_for
from apps.providers.rules.line_problems import shown_problem

COLOURS = {
    "waiting": "info",
    "opened": "success",
    "seen_before": "",
    "needs_person": "danger",
    "closed": "",
}
# Of those that most often come up; the others say what a refusal says.
PROBLEMS: Mapping[str, str | Promise] = {
    "unreadable_line": _("the line cannot be read"),
    "payment_unknown": _("no payment of this account has these references"),
    "payment_ambiguous": _("the references are of several payments"),
    "not_a_payment": _("it is no payment that is named"),
    "not_collected_here": _("by our books this account did not collect the payment"),
    "currency_differs": _("the payment has another currency"),
    "case_differs": _("this number is of another dispute already, or of another amount"),
    "tried_too_long": _("it failed for a whole day"),
    "dispute_exists": _("the payment is disputed already"),
    "payment_not_disputable": _("this payment cannot be disputed"),
    "dispute_exceeds_payment": _("this is more than is left of the payment"),
    "evidence_date_implausible": _("the date for evidence is more than a year away"),
}


class UploadForm(forms.Form):
    account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("label"),
        label=_("provider account"),
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(
        label=_("file"),
        help_text=_("CSV, a line for each dispute; its columns are in the account’s settings."),
        widget=UnfoldAdminFileFieldWidget,
    )


@admin.register(DisputeFile)
class DisputeFileAdmin(ReadOnlyAdmin):
    public_id_prefix = "dfi"
    list_display = ["id_and_time", "account", "file_name", "lines_read", "left"]
    list_filter = [("provider_account", AccountFilter)]
    list_select_related = ["provider_account"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id of the file, dfi_…")
    fields = ["public_id", "account", "file_name", "lines_read", "left", "imported"]
    readonly_fields = fields
    account = staticmethod(related("provider_account", _("provider account")))
    actions_list = ["upload"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DisputeFile]:
        files: QuerySet[DisputeFile] = super().get_queryset(request)
        left = DisputeFileLine.objects.filter(
            file=OuterRef("pk"), status=DisputeFileLine.Status.NEEDS_PERSON
        )
        return files.annotate(has_left=Exists(left))

    def has_upload_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("disputes.add_disputefile")

    @action(
        description=_("Import a file of disputes"),
        url_path="upload",
        permissions=["upload"],
        icon="upload_file",
    )
    def upload(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None)
        accounts: Any = form.fields["account"]
        accounts.queryset = visible_rows(request.user, accounts.queryset)
        if form.is_valid() and self._import(request, form):
            return HttpResponseRedirect(reverse("admin:disputes_disputefileline_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import a file of disputes"),
            "form": form,
            "media": self.media + form.media,
            "back_url": reverse("admin:disputes_disputefile_changelist"),
        }
        return TemplateResponse(request, "admin/form_page.html", context)

    def _import(self, request: HttpRequest, form: UploadForm) -> bool:
        account, file = form.cleaned_data["account"], form.cleaned_data["file"]
        try:
            reader = connector_for(account)
        except CredentialsUnreadable:
            form.add_error("account", _("Our credentials cannot be decrypted."))
            return False
        if not isinstance(reader, ReadsDisputes):
            form.add_error("account", _("No file of disputes of this provider can be read yet."))
            return False
        try:
            kept, is_new = import_dispute_file(
                provider_account=account,
                file=file,
                file_name=file.name,
                reader=reader,
                actor=actor_of(request),
                now=database_clock.now(),
            )
        except DomainError as refusal:
            form.add_error("file", show_refusal(refusal))
            return False
        if not is_new:
            self.message_user(request, _("This file was imported before."), messages.WARNING)
            return True
        text = ngettext(
            "%d line imported; its dispute is being opened.",
            "%d lines imported; their disputes are being opened.",
            kept.lines_read,
        )
        self.message_user(request, text % kept.lines_read, messages.SUCCESS)
        return True

    @display(description=_("id"))
    def public_id(self, file: DisputeFile) -> str:
        return file.public_id

    @display(description=_("file"))
    def id_and_time(self, file: DisputeFile) -> SafeString:
        return show_two(file.public_id, show_time(file.created_at))

    @display(description=_("needs a person"), boolean=True)
    def left(self, file: Any) -> bool:
        return bool(file.has_left)

    @display(description=_("imported"))
    def imported(self, file: DisputeFile) -> str:
        return show_time(file.created_at, file.provider_account.timezone)


@admin.register(DisputeFileLine)
class DisputeFileLineAdmin(ReadOnlyAdmin):
    public_id_prefix = "dfl"
    list_display = ["id_and_case", "money_and_account", "why", "status_shown", "owner_shown"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("file__provider_account", AccountFilter),
    ]
    list_select_related = ["file__provider_account", "dispute", "owner"]
    search_fields = ["id", "file_id"]
    search_help_text = _("Exactly: the id of a line dfl_…, or of its file dfi_…")
    fields = [
        "public_id", "file_shown", "line_number", "case", "references", "money", "reason_shown",
        "evidence_due", "status_shown", "problem_shown", "dispute_shown", "owner_shown",
        "resolution", "raw_shown",
    ]  # fmt: skip
    readonly_fields = fields
    file_shown = staticmethod(related("file", _("file"), lambda file: file.public_id))
    dispute_shown = staticmethod(related("dispute", _("dispute"), lambda one: one.public_id))
    owner_shown = staticmethod(related("owner", _("owner")))
    actions = ["try_again", "close"]

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("disputes.change_disputefileline")

    @admin.action(description=_("Try again to open the dispute"), permissions=["decide"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[DisputeFileLine]) -> None:
        self._decide(request, list(queryset), "")

    @admin.action(description=_("Close with a reason"), permissions=["decide"])
    def close(
        self, request: HttpRequest, queryset: QuerySet[DisputeFileLine]
    ) -> HttpResponse | None:
        chosen = list(queryset)
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            self._decide(request, chosen, form.cleaned_data["reason"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Close with a reason"),
            "form": form,
            "media": self.media + form.media,
            "chosen": [(one.pk, one.public_id) for one in chosen],
            "action": "close",
            "back_url": reverse("admin:disputes_disputefileline_changelist"),
        }
        return TemplateResponse(request, "admin/form_page.html", context)

    def _decide(self, request: HttpRequest, chosen: list[DisputeFileLine], reason: str) -> None:
        done = 0
        for line in chosen:
            try:
                decide_line(
                    line_id=line.pk,
                    reason=reason,
                    decided_by=cast(AbstractBaseUser, request.user),
                    now=database_clock.now(),
                )
            except DomainError as refusal:
                text = f"{line.public_id}: {show_refusal(refusal)}"
                self.message_user(request, text, messages.WARNING)
            else:
                done += 1
        if done:
            text = ngettext("%d line done.", "%d lines done.", done)
            self.message_user(request, text % done, messages.SUCCESS)

    def matching(self, text: str) -> Q:
        file_id = read_public_id("dfi", text)
        return Q(file_id=file_id) if file_id else super().matching(text)

    @display(description=_("id"))
    def public_id(self, line: DisputeFileLine) -> str:
        return line.public_id

    @display(description=_("line, provider’s reference"))
    def id_and_case(self, line: DisputeFileLine) -> SafeString:
        return show_two(line.public_id, line.case or "–")

    @display(description=_("amount, account"))
    def money_and_account(self, line: DisputeFileLine) -> SafeString:
        return show_two(self.money(line), line.file.provider_account)

    @display(description=_("amount"))
    def money(self, line: DisputeFileLine) -> str:
        if line.amount is None:
            return "–"
        # A file may name a currency we do not know.
        is_known = line.currency in EXPONENTS
        text = show_money(line.amount, line.currency) if is_known else ""
        return text or f"{line.amount} {line.currency}"

    @display(description=_("reason"))
    def reason_shown(self, line: DisputeFileLine) -> str:
        words = (line.get_reason_display(), line.reason_word)
        return " · ".join(word for word in words if word) or "–"

    @display(description=_("reason, problem"))
    def why(self, line: DisputeFileLine) -> SafeString:
        return show_two(line.get_reason_display() or "–", self.problem_shown(line))

    @display(description=_("problem"))
    def problem_shown(self, line: DisputeFileLine) -> str:
        if not line.problem:
            return "–"
        said = str(PROBLEMS.get(line.problem, line.problem))
        detail = shown_problem(line.problem_detail)
        return f"{said} ({detail})" if detail else said

    @display(description=_("references"))
    def references(self, line: DisputeFileLine) -> str:
        return " · ".join(one for one in (line.reference, line.provider_reference) if one) or "–"

    @display(description=_("evidence due"))
    def evidence_due(self, line: DisputeFileLine) -> str:
        return show_time(line.evidence_due_at, line.file.provider_account.timezone)

    @display(description=_("status"))
    def status_shown(self, line: DisputeFileLine) -> SafeString:
        return show_label(line.get_status_display(), COLOURS[line.status])

    @display(description=_("the line"))
    def raw_shown(self, line: DisputeFileLine) -> SafeString:
        return show_long(line.raw)
