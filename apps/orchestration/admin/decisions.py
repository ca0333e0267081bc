"""What staff ask for when the machine cannot decide an attempt: a second person approves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from apps.approvals.rules.actions import person
from apps.approvals.services.rehearse_act import rehearse_act
from apps.approvals.services.request_approval import REASON_LENGTH_MAX, request_approval
from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, show_money, show_refusal
from apps.core.errors import DomainError
from apps.core.money import AMOUNT_MAX
from apps.core.staff_text import StaffText
from apps.orchestration.admin.contradiction import shown_contradiction
from apps.orchestration.models import Attempt, AttemptStatus
from apps.orchestration.rules.owners import operation_of
from apps.orchestration.selectors.load_attempts import with_owners
from apps.providers.contract import Operation


class ClosingForm(forms.Form):
    reason = StaffText(
        label=_("reason"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class BookingForm(ClosingForm):
    amount = forms.IntegerField(
        label=_("what was paid or sent, in the currency's smallest unit"),
        min_value=1,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ("amount", "reason")


class DecidedByTwo(ReadOnlyAdmin):
    """Actions that ask for a decision on one attempt."""

    actions = ("ask_for_booking", "ask_for_closing")

    def has_request_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("approvals.add_approvalrequest")

    @admin.action(description=_("Ask to book as paid or sent"), permissions=["request"])
    def ask_for_booking(
        self, request: HttpRequest, queryset: QuerySet[Attempt]
    ) -> HttpResponse | None:
        return self._ask(request, queryset, BookingForm(_posted(request)), _booking_of)

    @admin.action(description=_("Ask to close as not paid"), permissions=["request"])
    def ask_for_closing(
        self, request: HttpRequest, queryset: QuerySet[Attempt]
    ) -> HttpResponse | None:
        return self._ask(
            request,
            queryset,
            ClosingForm(_posted(request)),
            lambda _attempt: ("payment.close_unresolved", _("Ask to close as not paid")),
        )

    def _ask(
        self,
        request: HttpRequest,
        queryset: QuerySet[Attempt],
        form: ClosingForm,
        act_of: Callable[[Attempt], tuple[str, Any]],
    ) -> HttpResponse | None:
        chosen = with_owners(list(queryset[:2]))
        if len(chosen) != 1:
            self.message_user(request, _("Choose one attempt."), messages.ERROR)
            return None
        attempt = chosen[0]
        if attempt.status == AttemptStatus.SUCCEEDED and not attempt.needs_person:
            text = _("It is booked, and nobody contradicts it: there is nothing to decide.")
            self.message_user(request, text, messages.ERROR)
            return None
        act, title = act_of(attempt)
        user, now = cast(AbstractBaseUser, request.user), database_clock.now()
        # Of this state: once it has moved, the decision is of something else.
        payload: dict[str, Any] = {"attempt_id": str(attempt.pk), "sequence": attempt.sequence}
        is_asked = form.is_valid()
        if "amount" in form.fields:
            payload["amount"] = form.cleaned_data["amount"] if is_asked else attempt.owner.amount
            payload["currency"] = attempt.owner.currency
        try:
            if is_asked:
                asked = request_approval(
                    action=act,
                    target=attempt.owner.public_id,
                    payload=payload,
                    reason=form.cleaned_data["reason"],
                    requested_by=user,
                    now=now,
                )
                text = _("%(id)s waits for another person's approval.")
                self.message_user(request, text % {"id": asked.public_id}, messages.SUCCESS)
                return None
            # What cannot be asked for has no form.
            rehearse_act(action=act, payload=payload, requested_by=person(user.pk), now=now)
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.ERROR)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "act": act,
            "form": form,
            "media": self.media + form.media,
            "attempt": attempt,
            "chosen": [(attempt.pk, attempt.public_id)],
            "contradiction": shown_contradiction(attempt) if attempt.contradiction else "",
            "amount": show_money(attempt.owner.amount, attempt.owner.currency),
            "action": request.POST.get("action", ""),
            "back_url": reverse("admin:orchestration_attempt_changelist"),
        }
        return TemplateResponse(request, "admin/orchestration/attempt/decision_form.html", context)


def _booking_of(attempt: Attempt) -> tuple[str, Any]:
    if operation_of(attempt) is Operation.COLLECT:
        return "payment.book_late_success", _("Ask to book as paid")
    return "outgoing.book_as_sent", _("Ask to book as sent")


def _posted(request: HttpRequest) -> Any:
    return request.POST if "reason" in request.POST else None
