from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.services.decide_approval import decide_approval
from apps.core.admin import (
    ReadOnlyAdmin,
    related,
    show_label,
    show_lines,
    show_money,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.money import grouped
from apps.core.public_ids import encode_id

COLOURS = {
    ApprovalRequest.Status.PENDING: "warning",
    ApprovalRequest.Status.APPROVED: "success",
    ApprovalRequest.Status.REJECTED: "danger",
}


# What a request names by UUID: the key, the prefix of its public id, and the word for it.
REFERENCES = (
    ("attempt_id", "att", _("attempt")),
    ("statement_id", "sta", _("statement")),
    ("dispute_id", "dis", _("dispute")),
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
        "public_id", "title", "target", "status_shown", "payload_shown", "reason", "asked_by",
        "requested", "expires", "decider", "decided",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["approve", "reject"]

    asked_by = staticmethod(related("requested_by", _("asked by")))
    decider = staticmethod(related("decided_by", _("decided by")))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("approvals.change_approvalrequest")

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
        if "decided" in request.POST:
            for each in chosen:
                self._decide_one(request, each, is_approved=verb == "approve")
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "action": verb,
            "chosen": [
                {
                    "request": each,
                    "title": _title(each),
                    "details": _details(each),
                    "digest": bytes(each.digest).hex(),
                }
                for each in chosen
            ],
            "media": self.media,
            "list_url": reverse("admin:approvals_approvalrequest_changelist"),
        }
        return TemplateResponse(request, "approvals/decision_page.html", context)

    def _decide_one(
        self, request: HttpRequest, chosen: ApprovalRequest, *, is_approved: bool
    ) -> None:
        try:
            decided = decide_approval(
                request_id=chosen.pk,
                is_approved=is_approved,
                shown_digest=_shown_digest(request, chosen),
                decided_by=cast(AbstractBaseUser, request.user),
                now=timezone.now(),
            )
        except DomainError as refusal:
            self.message_user(
                request, f"{chosen.public_id}: {show_refusal(refusal)}", messages.ERROR
            )
        else:
            self.message_user(
                request, f"{decided.public_id}: {decided.get_status_display()}", messages.SUCCESS
            )

    @display(description=_("request"))
    def id_and_time(self, row: ApprovalRequest) -> SafeString:
        return show_two(row.public_id, show_time(row.requested_at))

    @display(description=_("action"))
    def title_and_target(self, row: ApprovalRequest) -> SafeString:
        return show_two(_title(row), row.target)

    @display(description=_("id"))
    def public_id(self, row: ApprovalRequest) -> str:
        return row.public_id

    @display(description=_("action"))
    def title(self, row: ApprovalRequest) -> str:
        return _title(row)

    @display(description=_("status"))
    def status_shown(self, row: ApprovalRequest) -> SafeString:
        return show_label(row.get_status_display(), COLOURS[ApprovalRequest.Status(row.status)])

    @display(description=_("details"))
    def payload_shown(self, row: ApprovalRequest) -> SafeString:
        return show_lines(_details(row))

    @display(description=_("requested"))
    def requested(self, row: ApprovalRequest) -> str:
        return show_time(row.requested_at)

    @display(description=_("expires"))
    def expires(self, row: ApprovalRequest) -> str:
        return show_time(row.expires_at)

    @display(description=_("decided"))
    def decided(self, row: ApprovalRequest) -> str:
        return show_time(row.decided_at)


def _title(row: ApprovalRequest) -> str:
    known = approvable_actions().get(row.action)
    return str(known.title) if known else row.action


def _details(row: ApprovalRequest) -> list[str]:
    """What the action is given, in words; what has none here, by its name."""
    action = approvable_actions().get(row.action)
    told = action.lines(row.payload) if action else None
    if told is not None:
        return list(told)
    rest = dict(row.payload)
    found: list[tuple[object, object]] = []
    for name, prefix, word in REFERENCES:
        if name in rest:
            found.append((word, encode_id(prefix, UUID(rest.pop(name)))))
    if "amount" in rest:
        amount, currency = rest.pop("amount"), rest.pop("currency", "")
        found.append(
            (_("amount"), show_money(amount, currency) if currency else grouped(int(amount)))
        )
    if "sequence" in rest:
        found.append((_("moves of its state so far"), rest.pop("sequence")))
    return [f"{capfirst(word)}: {value}" for word, value in [*found, *rest.items()]]


def _shown_digest(request: HttpRequest, chosen: ApprovalRequest) -> bytes:
    try:
        return bytes.fromhex(request.POST.get(f"digest_{chosen.pk}", ""))
    except ValueError:
        return b""
