"""The page on which staff refund a payment, as its merchant asked them to."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
)

from apps.approvals.admin.shown import waiting_cards
from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.actions import person
from apps.approvals.selectors.matching_rules import matching_rules
from apps.approvals.selectors.pending_for import pending_for
from apps.approvals.services.request_approval import request_approval
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import show_money, show_refusal
from apps.core.errors import DomainError
from apps.core.money import AMOUNT_MAX
from apps.core.staff_text import StaffText
from apps.orchestration.admin.owners import OwnerAdmin
from apps.payments.admin_form import PaymentForm
from apps.payments.models import Payment
from apps.refunds.services.refund_for_merchant import (
    REASON_LENGTH_MAX,
    refund_for_merchant,
)

ACTION = "refund.create"


class RefundForm(forms.Form):
    amount = forms.IntegerField(
        label=_("amount, in the currency's smallest unit"),
        min_value=1,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = StaffText(
        label=_("reason"),
        max_length=REASON_LENGTH_MAX,
        help_text=_("The merchant sees it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    refunded_before = forms.IntegerField(widget=forms.HiddenInput)


class MadeByStaff(OwnerAdmin):
    """The page that makes a refund: of the payment in its address, else it asks of which."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("refunds.add_refund")

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
        left = payment.left
        form = RefundForm(
            request.POST if request.method == "POST" else None,
            initial={"amount": left or None, "refunded_before": payment.amount_refunded},
        )
        if form.is_valid():
            try:
                asked = self._ask(request, payment, form.cleaned_data)
                if asked is not None:
                    text = _("%(id)s waits for another person’s approval.")
                    self.message_user(request, text % {"id": asked.public_id}, messages.SUCCESS)
                    return redirect(f"{request.path}?payment={payment.public_id}")
                refund = refund_for_merchant(
                    payment_id=payment.pk,
                    actor=actor_of(request),
                    now=database_clock.now(),
                    **form.cleaned_data,
                )
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
            else:
                text = _("%(id)s: %(money)s is being refunded.")
                money = show_money(refund.amount, refund.currency)
                self.message_user(
                    request, text % {"id": refund.public_id, "money": money}, messages.SUCCESS
                )
                return redirect("admin:refunds_refund_change", refund.pk)
        facts = [
            f"{payment.public_id} · {payment.merchant} · {payment.payer_msisdn_masked}",
            _("%(status)s, %(money)s; left to refund: %(left)s")
            % {
                "status": payment.get_status_display(),
                "money": show_money(payment.received, payment.currency),
                "left": show_money(left, payment.currency),
            },
        ]
        return self._page(
            request, form, method="post", button=_("Refund"), facts=facts, payment=payment
        )

    def _ask(
        self, request: HttpRequest, payment: Payment, said: dict[str, Any]
    ) -> ApprovalRequest | None:
        """The request for it, where a rule demands others of it; else None: it is just done."""
        payload = {
            "payment_id": str(payment.pk),
            "amount": said["amount"],
            "currency": payment.currency,
            "refunded_before": said["refunded_before"],
        }
        if not matching_rules(ACTION, payload, asked_by=person(request.user.pk)):
            return None
        return request_approval(
            action=ACTION,
            target=payment.public_id,
            payload=payload,
            reason=said["reason"],
            requested_by=cast(AbstractBaseUser, request.user),
            now=database_clock.now(),
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
            "title": _("Refund a payment"),
            "form": form,
            "media": self.media + form.media,
            "method": method,
            "button": button,
            "facts": facts or [],
            "approvals": waiting_cards(
                request, pending_for(payment.public_id, actions=[ACTION]) if payment else []
            ),
            "back_url": reverse("admin:payments_payment_change", args=[payment.pk])
            if payment
            else reverse("admin:refunds_refund_changelist"),
        }
        return TemplateResponse(request, "admin/refunds/refund/add_form.html", context)
