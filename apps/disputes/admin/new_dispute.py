"""The page on which staff open a dispute, as somebody told them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, show_money, show_refusal
from apps.core.errors import DomainError
from apps.core.money import AMOUNT_MAX
from apps.core.staff_text import StaffText
from apps.disputes.models import Network, Reason, Stage
from apps.disputes.rules.evidence import TEXT_LENGTH_MAX
from apps.disputes.services.open_dispute import DisputeOrder
from apps.disputes.services.open_dispute_by_staff import open_dispute_by_staff
from apps.payments.admin_form import PaymentForm
from apps.payments.models import Payment
from apps.refunds.selectors.waiting_refunds import sum_of_waiting_refunds

CARD_STAGES = [choice for choice in Stage.choices if choice[0] != Stage.COMPLAINT]


class DisputeForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("reason"), choices=Reason.choices, widget=UnfoldAdminSelectWidget
    )
    amount = forms.IntegerField(
        label=_("amount, in the currency's smallest unit"),
        min_value=1,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    complaint = StaffText(
        label=_("complaint"),
        max_length=TEXT_LENGTH_MAX,
        required=False,
        help_text=_("What the payer says. The merchant sees it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    provider_reference = StaffText(
        label=_("provider's reference"),
        max_length=64,
        required=False,
        help_text=_("Its number of the case."),
        widget=UnfoldAdminTextInputWidget,
    )
    evidence_due_at = forms.DateTimeField(
        label=_("evidence due"),
        required=False,
        help_text=_("The day, in UTC, the provider has set; empty for ours."),
        widget=UnfoldAdminSingleDateWidget,
    )


class CardDisputeForm(DisputeForm):
    stage = forms.ChoiceField(
        label=_("stage"),
        choices=CARD_STAGES,
        initial=Stage.CHARGEBACK,
        widget=UnfoldAdminSelectWidget,
    )
    reason_code = StaffText(
        label=_("reason code"),
        max_length=16,
        required=False,
        help_text=_("The card scheme's own, such as 13.1."),
        widget=UnfoldAdminTextInputWidget,
    )


class OpenedByStaff(ReadOnlyAdmin):
    """The page that opens a dispute: of the payment in its address, else it asks of which."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("disputes.add_dispute")

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        which = PaymentForm(request.GET if "payment" in request.GET else None, user=request.user)
        if not which.is_valid():
            return self._page(request, which, method="get", button=_("Go on"))
        payment: Payment = which.cleaned_data["payment"]
        left = payment.left + sum_of_waiting_refunds(payment.pk)
        kind = CardDisputeForm if payment.method == Network.CARD else DisputeForm
        form = kind(
            request.POST if request.method == "POST" else None,
            initial={"amount": max(left, 0) or None},
        )
        if form.is_valid():
            try:
                dispute = open_dispute_by_staff(
                    payment_id=payment.pk,
                    order=DisputeOrder(**form.cleaned_data),
                    actor=actor_of(request),
                    now=database_clock.now(),
                )
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
            else:
                text = _("%(id)s: %(money)s is held.")
                money = show_money(dispute.amount, dispute.currency)
                self.message_user(
                    request, text % {"id": dispute.public_id, "money": money}, messages.SUCCESS
                )
                return redirect("staff-dispute", dispute.pk)
        facts = [
            f"{payment.public_id} · {payment.merchant} · {payment.payer_msisdn_masked}",
            _("%(status)s, %(money)s; left to dispute: %(left)s")
            % {
                "status": payment.get_status_display(),
                "money": show_money(payment.received, payment.currency),
                "left": show_money(left, payment.currency),
            },
        ]
        return self._page(
            request, form, method="post", button=_("Hold the amount"), facts=facts, payment=payment
        )

    def _page(
        self,
        request: HttpRequest,
        form: forms.Form,
        *,
        method: str,
        button: object,
        facts: list[str] | None = None,
        payment: Payment | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Open a dispute"),
            "form": form,
            "media": self.media + form.media,
            "method": method,
            "button": button,
            "facts": facts or [],
            "back_url": reverse("admin:payments_payment_change", args=[payment.pk])
            if payment
            else reverse("staff-disputes"),
        }
        return TemplateResponse(request, "admin/disputes/dispute/add_form.html", context)
