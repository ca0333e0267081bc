"""One dispute with its evidence, and what staff may do about it."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import View
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from apps.approvals.admin.shown import waiting_cards
from apps.approvals.selectors.pending_for import pending_for
from apps.approvals.services.request_approval import REASON_LENGTH_MAX, request_approval
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import show_label, show_mode, show_money, show_refusal, show_time
from apps.core.errors import DomainError
from apps.core.money import AMOUNT_MAX
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.disputes.models import Dispute, DisputeStatus, EvidenceFile, EvidenceText
from apps.disputes.rules.evidence import ANSWERS, name_of, text_of
from apps.disputes.rules.shown import COLOURS, show_due
from apps.disputes.selectors.payment_timeline import number_of, payment_timeline
from apps.disputes.services.escalate_dispute import ORDER
from apps.disputes.services.escalate_dispute_by_staff import escalate_dispute_by_staff
from apps.vault.masked_text import mask_text

OUTCOMES = [
    (DisputeStatus.WON, _("won: the merchant keeps all of it")),
    (DisputeStatus.LOST, _("lost: the payer gets all of it")),
    (DisputeStatus.PARTLY_LOST, _("partly lost: the payer gets this amount")),
    (DisputeStatus.WITHDRAWN, _("withdrawn: nobody disputes it any more")),
]


class DecisionForm(forms.Form):
    prefix = "decide"
    outcome = forms.ChoiceField(
        label=_("outcome"), choices=OUTCOMES, widget=UnfoldAdminSelectWidget
    )
    amount_lost = forms.IntegerField(
        label=_("amount the payer gets, in the currency's smallest unit"),
        min_value=1,
        max_value=AMOUNT_MAX,
        required=False,
        help_text=_("Where it is partly lost."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = StaffText(
        label=_("reason"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if (values.get("outcome") == DisputeStatus.PARTLY_LOST) != bool(values.get("amount_lost")):
            self.add_error("amount_lost", _("Say the amount where it is partly lost, only there."))
        return values


class EscalationForm(forms.Form):
    prefix = "escalate"
    stage = forms.ChoiceField(label=_("stage"), widget=UnfoldAdminSelectWidget)
    due_at = forms.DateTimeField(
        label=_("evidence due"),
        required=False,
        help_text=_("The day, in UTC, the card's scheme has set; empty for ours."),
        widget=UnfoldAdminSingleDateWidget,
    )

    def __init__(self, data: Any, *, dispute: Dispute) -> None:
        super().__init__(data)
        later = [stage for stage in ORDER if ORDER.index(stage) > _place(dispute)]
        self.fields["stage"].choices = [(stage.value, stage.label) for stage in later]  # type: ignore[attr-defined]


class DisputeDetail(PermissionRequiredMixin, View):
    permission_required = "disputes.view_dispute"
    raise_exception = True

    def get(self, request: HttpRequest, dispute_id: UUID) -> HttpResponse:
        dispute = _find(request, dispute_id)
        return _page(request, dispute, DecisionForm(), EscalationForm(None, dispute=dispute))

    def post(self, request: HttpRequest, dispute_id: UUID) -> HttpResponse:
        dispute = _find(request, dispute_id)
        is_decision = request.POST.get("act") == "decide"
        decision = DecisionForm(request.POST if is_decision else None)
        escalation = EscalationForm(None if is_decision else request.POST, dispute=dispute)
        form: forms.Form = decision if is_decision else escalation
        may = _may_decide(request) if is_decision else _may_escalate(request)
        if may and form.is_valid():
            act = _ask_to_decide if is_decision else _escalate
            try:
                text = act(request, dispute, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
            else:
                messages.success(request, text)
                return redirect("staff-dispute", dispute.pk)
        return _page(request, dispute, decision, escalation, status=200 if may else 403)


def _find(request: HttpRequest, dispute_id: UUID) -> Dispute:
    disputes = Dispute.objects.select_related("payment", "merchant")
    return get_object_or_404(visible_rows(request.user, disputes), pk=dispute_id)


def _place(dispute: Dispute) -> int:
    return [stage.value for stage in ORDER].index(dispute.stage) if dispute.stage in ORDER else 9


def _may_decide(request: HttpRequest) -> bool:
    return request.user.has_perms(["disputes.change_dispute", "approvals.add_approvalrequest"])


def _may_escalate(request: HttpRequest) -> bool:
    return request.user.has_perm("disputes.change_dispute")


def _ask_to_decide(request: HttpRequest, dispute: Dispute, values: dict[str, Any]) -> str:
    is_withdrawn = values["outcome"] == DisputeStatus.WITHDRAWN
    lost = {
        DisputeStatus.LOST: dispute.amount,
        DisputeStatus.PARTLY_LOST: values["amount_lost"],
    }.get(values["outcome"], 0)
    payload: dict[str, Any] = {"dispute_id": str(dispute.pk), "sequence": dispute.sequence}
    if not is_withdrawn:
        payload |= {"amount": lost, "currency": dispute.currency}
    asked = request_approval(
        action="dispute.withdraw" if is_withdrawn else "dispute.decide",
        target=dispute.public_id,
        payload=payload,
        reason=values["reason"],
        requested_by=cast(AbstractBaseUser, request.user),
        now=database_clock.now(),
    )
    return _("%(id)s waits for another person's approval.") % {"id": asked.public_id}


def _escalate(request: HttpRequest, dispute: Dispute, values: dict[str, Any]) -> str:
    moved = escalate_dispute_by_staff(
        dispute_id=dispute.pk, actor=actor_of(request), now=database_clock.now(), **values
    )
    return _("It is in the stage %(stage)s; the merchant is told.") % {
        "stage": moved.get_stage_display()
    }


def _page(
    request: HttpRequest,
    dispute: Dispute,
    decision: DecisionForm,
    escalation: EscalationForm,
    *,
    status: int = 200,
) -> HttpResponse:
    zone = dispute.merchant.timezone
    texts, files = _evidence(dispute)
    context = {
        **admin.site.each_context(request),
        "title": _("Dispute %(id)s") % {"id": dispute.public_id},
        "dispute": dispute,
        "money": show_money(dispute.amount, dispute.currency),
        "status": show_label(dispute.get_status_display(), COLOURS.get(dispute.status, "")),
        "mode": show_mode(dispute.livemode),
        "sentence": _sentence(dispute),
        "facts": _facts(dispute, show_due(dispute, now=database_clock.now())),
        "texts": texts,
        "files": files,
        "timeline": payment_timeline(dispute, reader=request.user),
        "zone": zone,
        "approvals": waiting_cards(request, pending_for(dispute.public_id)),
        "may_take": request.user.has_perm("disputes.change_dispute"),
        "decision": decision if dispute.is_open and _may_decide(request) else None,
        "escalation": escalation
        if dispute.is_open and _may_escalate(request) and escalation.fields["stage"].choices  # type: ignore[attr-defined]
        else None,
        # The widget of days builds on it.
        "media": forms.Media(js=["admin/js/core.js"]) + decision.media + escalation.media,
    }
    return TemplateResponse(request, "staff/disputes/dispute_detail.html", context, status=status)


def _sentence(dispute: Dispute) -> Any:
    if dispute.status == DisputeStatus.NEEDS_RESPONSE:
        return _("The merchant may answer; the amount is held.")
    if dispute.status == DisputeStatus.UNDER_REVIEW and dispute.responded_at is None:
        return _("The merchant did not answer in time: decide; the amount is held.")
    if dispute.status == DisputeStatus.UNDER_REVIEW:
        return _("The merchant has answered: decide; the amount is held.")
    if dispute.amount_lost:
        return _("The payer got %(lost)s.") % {
            "lost": show_money(dispute.amount_lost, dispute.currency)
        }
    return _("The merchant keeps the money.")


def _facts(dispute: Dispute, due: Any) -> list[tuple[Any, Any, str]]:
    """Word, value, and the address it leads to."""
    zone = dispute.merchant.timezone
    payment = reverse("admin:payments_payment_change", args=[dispute.payment_id])
    merchant = reverse("admin:merchants_merchant_change", args=[dispute.merchant_id])
    network = f"{dispute.get_network_display()}, {dispute.get_stage_display()}"
    facts = [
        (_("payment"), dispute.payment.public_id, payment),
        (_("merchant"), dispute.merchant, merchant),
        (_("payer"), f"{dispute.payer_msisdn_masked} · {dispute.payment.operator}", ""),
        (_("reason"), f"{dispute.get_reason_display()} {dispute.reason_code}", ""),
        (_("stage"), network, ""),
        (_("opened by"), dispute.get_opened_by_display(), ""),
        (_("provider's reference"), dispute.provider_reference, ""),
        (_("opened"), show_time(dispute.opened_at, zone), ""),
        (_("evidence due"), due, ""),
        (_("responded"), dispute.responded_at and show_time(dispute.responded_at, zone), ""),
        (_("closed"), dispute.closed_at and show_time(dispute.closed_at, zone), ""),
    ]
    return [fact for fact in facts if fact[1]]


def _evidence(dispute: Dispute) -> tuple[list[tuple[Any, str]], list[dict[str, Any]]]:
    msisdn = number_of(dispute.payment)
    kept = {row.kind: row for row in EvidenceText.objects.filter(dispute=dispute)}
    texts = [
        (kind.label, mask_text(text_of(kept[kind]), msisdn=msisdn))
        for kind in (EvidenceText.Kind.COMPLAINT, *ANSWERS)
        if kind in kept
    ]
    rows = EvidenceFile.objects.filter(dispute=dispute).defer("content_encrypted").order_by("id")
    files = [
        {
            "name": mask_text(name_of(row), msisdn=msisdn),
            "kind": row.get_content_type_display(),
            "size": row.size,
            "url": reverse("staff-dispute-file", args=[dispute.pk, row.pk]),
        }
        for row in rows
    ]
    return texts, files
