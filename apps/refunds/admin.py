from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    pretty_json,
    read_public_id,
    related,
    show_block,
    show_label,
    show_mode,
    show_money,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.orchestration.admin.timeline import own_text, shown_timeline, warnings_of
from apps.orchestration.models import StatusChange
from apps.orchestration.selectors.attempts_to_ask import attempts_to_ask
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.admin_page import payer_of
from apps.providers.contract import ConnectorError, FailureCode
from apps.providers.rules.failures import FAILURES
from apps.refunds.models import Refund, RefundStatus
from apps.vault.masked_text import mask_text

# Each question to a provider may take its whole timeout, and a person is waiting.
ASKED_AT_ONCE_MAX = 20

REFUND_COLOURS: Mapping[str, str] = {
    RefundStatus.PENDING: "info",
    RefundStatus.PROCESSING: "info",
    RefundStatus.VERIFYING: "warning",
    RefundStatus.SUCCEEDED: "success",
    RefundStatus.FAILED: "danger",
}

# What each status means, for whoever has the merchant on the telephone.
SENTENCES: Mapping[str, str | Promise] = {
    RefundStatus.PENDING: _("Waiting to be sent to the provider."),
    RefundStatus.PROCESSING: _("The provider has it."),
    RefundStatus.VERIFYING: _("We do not know the outcome, and are asking the provider."),
    RefundStatus.SUCCEEDED: _("The payer has the money, and it is booked."),
}

MERCHANT = related("merchant", _("merchant"))


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    public_id_prefix = "ref"
    list_display = ["id_and_time", MERCHANT, "money", "payment_shown", "provider", "status_shown"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("livemode", BooleanRadioFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["merchant"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id ref_…, or the payment's, pay_….")
    fields = [
        "public_id", "mode", MERCHANT, "payment_shown", "money", "way", "provider", "reason_shown",
        "created", "completed", "metadata_shown",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["ask_provider"]
    actions_without_step_up = actions

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("refunds.change_refund")

    @admin.action(description=_("Ask the provider what became of it"), permissions=["ask"])
    def ask_provider(self, request: HttpRequest, queryset: QuerySet[Refund]) -> HttpResponse | None:
        refunds = list(queryset[: ASKED_AT_ONCE_MAX + 1])
        if len(refunds) > ASKED_AT_ONCE_MAX:
            text = _("Choose at most %d refunds at once. Nothing was done.")
            self.message_user(request, text % ASKED_AT_ONCE_MAX, messages.ERROR)
            return None
        for refund in refunds:
            self._ask(request, refund)
        if "_from_page" in request.POST and len(refunds) == 1:
            return redirect("admin:refunds_refund_change", refunds[0].pk)
        return None

    def _ask(self, request: HttpRequest, refund: Refund) -> None:
        attempts = attempts_to_ask(refund.pk)
        if not attempts:
            text = _("%(id)s: it is paid or was never sent; there is nothing to ask.")
            self.message_user(request, text % {"id": refund.public_id}, messages.WARNING)
            return
        record(
            actor=actor_of(request),
            action="refund.ask_provider",
            target=refund.public_id,
            now=timezone.now(),
        )
        try:
            for attempt in attempts:
                # Without a time: the answer comes when it comes.
                asked = refresh_attempt(attempt_id=attempt.pk, source=StatusChange.Source.STAFF)
        except (ConnectorError, DomainError) as error:
            text = _("%(id)s: the provider gave no answer: %(reason)s")
            reason = mask_text(str(error), msisdn=payer_of(refund.payment))
            self.message_user(
                request, text % {"id": refund.public_id, "reason": reason}, messages.ERROR
            )
            return
        self.message_user(
            request, f"{asked.public_id}: {asked.get_status_display()}", messages.SUCCESS
        )

    # --- Search

    def matching(self, text: str) -> Q:
        payment_id = read_public_id("pay", text)
        return Q(payment_id=payment_id) if payment_id else super().matching(text)

    # --- The page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        refund: Refund = kwargs["obj"]
        attempts = list(refund.attempts.select_related("provider_account").order_by("id"))
        page = reverse("admin:refunds_refund_changelist")
        msisdn, zone = payer_of(refund.payment), refund.merchant.timezone
        context |= {
            "title": refund.public_id,
            "refund": refund,
            "money": Money(refund.amount, refund.currency),
            "status": self.status_shown(refund),
            "mode": self.mode(refund),
            "sentence": _sentence(refund),
            "warnings": warnings_of(attempts, msisdn=msisdn, zone=zone),
            "zone": zone,
            "timeline": shown_timeline(
                refund.pk, attempts, msisdn=msisdn, currency=refund.currency, moved=_moved
            ),
            # The search makes the action find a refund of any age.
            "action_url": f"{page}?q={refund.public_id}",
            "may_ask": self.has_ask_permission(request) and bool(attempts_to_ask(refund.pk)),
        }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        refunds: QuerySet[Refund] = super().get_queryset(request)
        return refunds.select_related("merchant", "payment")

    # --- Columns

    @display(description=_("refund"))
    def id_and_time(self, refund: Refund) -> SafeString:
        return show_two(refund.public_id, show_time(refund.created_at))

    @display(description=_("id"))
    def public_id(self, refund: Refund) -> str:
        return refund.public_id

    @display(description=_("mode"))
    def mode(self, refund: Refund) -> SafeString:
        return show_mode(refund.livemode)

    @display(description=_("amount"))
    def money(self, refund: Refund) -> str:
        return show_money(refund.amount, refund.currency)

    @display(description=_("payment"))
    def payment_shown(self, refund: Refund) -> SafeString:
        url = reverse("admin:payments_payment_change", args=[refund.payment_id])
        return format_html('<a href="{}">{}</a>', url, refund.payment.public_id)

    @display(description=_("status"))
    def status_shown(self, refund: Refund) -> SafeString:
        return show_label(refund.get_status_display(), REFUND_COLOURS.get(refund.status, ""))

    @display(description=_("created"))
    def created(self, refund: Refund) -> str:
        return show_time(refund.created_at, refund.merchant.timezone)

    @display(description=_("completed"))
    def completed(self, refund: Refund) -> str:
        return show_time(refund.completed_at, refund.merchant.timezone)

    @display(description=_("reason"))
    def reason_shown(self, refund: Refund) -> str:
        return own_text(refund.reason, msisdn=payer_of(refund.payment))

    @display(description=_("metadata"))
    def metadata_shown(self, refund: Refund) -> str | SafeString:
        if not refund.metadata:
            return "–"
        return show_block(mask_text(pretty_json(refund.metadata), msisdn=payer_of(refund.payment)))


def _sentence(refund: Refund) -> str | Promise:
    if refund.failure_code in FAILURES:
        return FAILURES[FailureCode(refund.failure_code)].agent
    return SENTENCES.get(refund.status, refund.failure_code)


def _moved(status: str, source: str) -> str:
    text = _("Refund: %(status)s (%(source)s)")
    return text % {"status": RefundStatus(status).label, "source": source}
