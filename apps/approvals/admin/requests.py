from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.approvals.admin.asking import WithEvidence
from apps.approvals.admin.shown import (
    may_decide,
    show_details,
    show_done,
    show_evidence,
    show_waiting,
    title_of,
    waiting_cards,
)
from apps.approvals.models import ApprovalEvidence, ApprovalRequest, RejectionEvidence
from apps.approvals.rules.evidence import AnyEvidence
from apps.approvals.selectors.read_evidence import known_evidence, read_evidence
from apps.approvals.selectors.waiting_for import waiting_for
from apps.approvals.services.decide_approval import decide_approval
from apps.approvals.services.request_approval import REASON_LENGTH_MAX
from apps.core import database_clock
from apps.core.admin import (
    ReadOnlyAdmin,
    related,
    show_label,
    show_lines,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.attachment import as_download
from apps.core.errors import DomainError
from apps.core.staff_text import StaffText

COLOURS = {
    ApprovalRequest.Status.PENDING: "warning",
    ApprovalRequest.Status.APPROVED: "success",
    ApprovalRequest.Status.REJECTED: "danger",
    ApprovalRequest.Status.WITHDRAWN: "info",
}


class RejectionForm(WithEvidence):
    reason = StaffText(
        label=_("Why it is rejected"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    field_order = ["reason", "file"]

    def __init__(self, *args: Any, with_file: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_file:
            del self.fields["file"]
            return
        self.fields["file"].help_text = _(
            "An image, a PDF or plain text, of 5 MB at most. Whoever asked is shown it, and it is"
            " kept."
        )


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    public_id_prefix = "apr"
    list_display = ["id_and_time", "title_and_target", "status_shown", "asked_by"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_select_related = ["requested_by", "decided_by"]
    search_fields = ["id", "target"]
    search_help_text = _("The id of the request apr_…, or of what it is about")
    fields = [
        "public_id", "title", "target", "status_shown", "payload_shown", "reason", "evidence_shown",
        "asked_by", "requested", "expires", "waiting_shown", "decisions_shown",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["approve", "reject"]
    change_form_outer_before_template = "staff/approvals/waiting_cards.html"

    asked_by = staticmethod(related("requested_by", _("asked by")))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.evidence_view)
        own = [
            path(
                f"<uuid:request_id>/{part}/",
                view,
                kwargs={"of": of},
                name=f"approvals_{part.replace('-', '_')}",
            )
            for part, of in (
                ("evidence", ApprovalEvidence),
                ("rejection-evidence", RejectionEvidence),
            )
        ]
        return [*own, *super().get_urls()]

    def evidence_view(
        self, request: HttpRequest, request_id: UUID, *, of: type[AnyEvidence]
    ) -> HttpResponse:
        """The file that proves a reason, only ever to be kept: nothing of it runs here."""
        row = self.get_queryset(request).filter(pk=request_id).first()
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        try:
            found = read_evidence(row.pk, of=of)
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.ERROR)
            return redirect("admin:approvals_approvalrequest_change", row.pk)
        if found is None:
            raise Http404
        evidence, content = found
        return as_download(content, evidence.name or row.public_id, evidence.media_type)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        is_pending = row is not None and row.status == ApprovalRequest.Status.PENDING
        found = waiting_cards(request, waiting_for([row])) if is_pending else []
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "approvals": found}
        )
        return response

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return may_decide(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Who may only check sees what there is to check; who asked, what became of it.
        is_hers = isinstance(obj, ApprovalRequest) and obj.requested_by_id == request.user.pk
        return super().has_view_permission(request, obj) or may_decide(request) or is_hers

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or may_decide(request)

    @admin.action(description=_("Approve"), permissions=["decide"])
    def approve(
        self, request: HttpRequest, queryset: QuerySet[ApprovalRequest]
    ) -> HttpResponse | None:
        return self._decide(request, queryset, "approve", _("Approve"))

    @admin.action(description=_("Reject"), permissions=["decide"])
    def reject(
        self, request: HttpRequest, queryset: QuerySet[ApprovalRequest]
    ) -> HttpResponse | None:
        return self._decide(request, queryset, "reject", _("Reject"))

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[ApprovalRequest], verb: str, title: object
    ) -> HttpResponse | None:
        """First the page that shows what is decided, then the decision on just that."""
        chosen = list(queryset.select_related("requested_by"))
        evidence = known_evidence(one.pk for one in chosen)
        form = None
        if verb == "reject":
            # One file proves one rejection.
            with_file = len(chosen) == 1
            sent = (request.POST, request.FILES) if "decided" in request.POST else ()
            form = RejectionForm(*sent, with_file=with_file)
        if "decided" in request.POST and (form is None or form.is_valid()):
            given = form.cleaned_data if form else {}
            for each in chosen:
                self._decide_one(request, each, given, is_approved=form is None)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "action": verb,
            "form": form,
            "chosen": [
                {
                    "request": (each := waiting.request),
                    "title": title_of(each.action),
                    "details": show_details(each),
                    "evidence": show_evidence(each, evidence.get(each.pk)),
                    "waiting": show_waiting(waiting),
                    "done": show_done(waiting),
                    "digest": bytes(each.digest).hex(),
                }
                for waiting in waiting_for(chosen)
            ],
            "media": self.media,
            "list_url": reverse("admin:approvals_approvalrequest_changelist"),
        }
        return TemplateResponse(request, "approvals/decision_page.html", context)

    def _decide_one(
        self,
        request: HttpRequest,
        chosen: ApprovalRequest,
        given: Mapping[str, Any],
        *,
        is_approved: bool,
    ) -> None:
        try:
            decided = decide_approval(
                request_id=chosen.pk,
                is_approved=is_approved,
                shown_digest=_shown_digest(request, chosen),
                decided_by=cast(AbstractBaseUser, request.user),
                reason=given.get("reason", ""),
                evidence=given.get("file"),
                now=database_clock.now(),
            )
        except DomainError as refusal:
            self.message_user(
                request, f"{chosen.public_id}: {show_refusal(refusal)}", messages.ERROR
            )
        else:
            (waiting,) = waiting_for([decided])
            said = show_waiting(waiting) or decided.get_status_display()
            if waiting.step is not None:
                said = _("approved; now %(step)s") % {"step": said}
            self.message_user(request, f"{decided.public_id}: {said}", messages.SUCCESS)

    @display(description=_("request"))
    def id_and_time(self, row: ApprovalRequest) -> SafeString:
        return show_two(row.public_id, show_time(row.requested_at))

    @display(description=_("action"))
    def title_and_target(self, row: ApprovalRequest) -> SafeString:
        return show_two(title_of(row.action), row.target)

    @display(description=_("id"))
    def public_id(self, row: ApprovalRequest) -> str:
        return row.public_id

    @display(description=_("action"))
    def title(self, row: ApprovalRequest) -> str:
        return title_of(row.action)

    @display(description=_("status"))
    def status_shown(self, row: ApprovalRequest) -> SafeString:
        return show_label(row.get_status_display(), COLOURS[ApprovalRequest.Status(row.status)])

    @display(description=_("details"))
    def payload_shown(self, row: ApprovalRequest) -> SafeString:
        return show_lines(show_details(row))

    @display(description=_("file that proves it"))
    def evidence_shown(self, row: ApprovalRequest) -> SafeString | str:
        return show_evidence(row, known_evidence([row.pk]).get(row.pk)) or "–"

    @display(description=_("requested"))
    def requested(self, row: ApprovalRequest) -> str:
        return show_time(row.requested_at)

    @display(description=_("expires"))
    def expires(self, row: ApprovalRequest) -> str:
        return show_time(row.expires_at)

    @display(description=_("waits for"))
    def waiting_shown(self, row: ApprovalRequest) -> str:
        return show_waiting(waiting_for([row])[0]) or "–"

    @display(description=_("decisions"))
    def decisions_shown(self, row: ApprovalRequest) -> SafeString:
        lines: list[SafeString | str] = [*show_done(waiting_for([row])[0])]
        proof = known_evidence([row.pk], of=RejectionEvidence).get(row.pk)
        if proof is not None:
            link = show_evidence(row, proof, view="approvals_rejection_evidence")
            lines.append(format_html("{} {}", _("File that proves it:"), link))
        if row.status == ApprovalRequest.Status.WITHDRAWN:
            text = _("Withdrawn %(time)s: what it is about ended, or was decided otherwise.")
            lines.append(text % {"time": show_time(row.decided_at)})
        return show_lines(lines)


def _shown_digest(request: HttpRequest, chosen: ApprovalRequest) -> bytes:
    try:
        return bytes.fromhex(request.POST.get(f"digest_{chosen.pk}", ""))
    except ValueError:
        return b""
