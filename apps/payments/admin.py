from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
)
from unfold.decorators import display

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    pretty_json,
    read_public_id,
    read_uuid,
    related,
    show_block,
    show_label,
    show_lines,
    show_mode,
    show_money,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.orchestration.admin.timeline import own_text, shown_timeline, warnings_of
from apps.orchestration.models import Attempt, StatusChange
from apps.orchestration.selectors.attempts_to_ask import attempts_to_ask
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.admin_page import payer_of, sentence_of, shown_routing
from apps.payments.models import Payment, PaymentStatus
from apps.payments.selectors.search_payments import payer_indexes, payments_by_reference
from apps.providers.admin import ConnectorFilter
from apps.providers.contract import ConnectorError
from apps.vault.masked_text import mask_text
from apps.webhooks.listening import EndpointNotListening
from apps.webhooks.models import Delivery
from apps.webhooks.services.resend_delivery import resend_delivery

# Each question to a provider may take its whole timeout, and a person is waiting.
ASKED_AT_ONCE_MAX = 20

# A reference is one merchant's or one provider's own: more hits than this answer nothing.
HITS_MAX = 200

# Without its country code a number is tried in every country we serve; of no country, in this one.
COUNTRY_DEFAULT = "CM"

PAYMENT_COLOURS: Mapping[str, str] = {
    PaymentStatus.PENDING: "info",
    PaymentStatus.REQUIRES_ACTION: "info",
    PaymentStatus.AUTHORIZED: "primary",
    PaymentStatus.VERIFYING: "warning",
    PaymentStatus.SUCCEEDED: "success",
    PaymentStatus.FAILED: "danger",
}


class ProviderFilter(ConnectorFilter):
    field = "provider"


class MerchantFilter(AutocompleteSelectFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("merchant")


MERCHANT = related("merchant", _("merchant"))


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    public_id_prefix = "pay"
    list_display = ["id_and_time", MERCHANT, "money", "payer", "provider", "status_shown"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ProviderFilter,
        ("merchant", MerchantFilter),
        ("livemode", BooleanRadioFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["merchant"]
    search_fields = ["id"]
    search_help_text = _(
        "Exactly: an id (pay_…, att_…), the payer's phone, or a reference of merchant or provider."
    )
    fieldsets = [
        (
            _("Facts"),
            {
                "fields": [
                    ("public_id", "mode"),
                    (MERCHANT, "merchant_reference_shown"),
                    "description_shown",
                    ("money", "fee_shown"),
                    ("payer_msisdn_masked", "operator"),
                    ("provider", "method"),
                    ("created", "expires"),
                    "completed",
                    "metadata_shown",
                    "candidates_shown",
                ]
            },
        )
    ]
    readonly_fields = [
        "public_id", MERCHANT, "mode", "merchant_reference_shown", "description_shown", "money",
        "fee_shown", "payer_msisdn_masked", "operator", "provider", "method",
        "created", "expires", "completed", "metadata_shown", "candidates_shown",
    ]  # fmt: skip
    actions = ["ask_provider", "resend_webhooks"]
    actions_without_step_up = actions

    # --- Actions

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_payment")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_delivery")

    @admin.action(description=_("Ask the provider what became of it"), permissions=["ask"])
    def ask_provider(
        self, request: HttpRequest, queryset: QuerySet[Payment]
    ) -> HttpResponse | None:
        payments = self._chosen(request, queryset)
        for payment in payments:
            attempts = attempts_to_ask(payment.pk)
            if not attempts:
                text = _("%(id)s: it is paid or was never sent; there is nothing to ask.")
                self.message_user(request, text % {"id": payment.public_id}, messages.WARNING)
                continue
            now = timezone.now()
            record(
                actor=actor_of(request),
                action="payment.ask_provider",
                target=payment.public_id,
                now=now,
            )
            try:
                for attempt in attempts:
                    # Without a time: the answer comes when it comes.
                    asked = refresh_attempt(attempt_id=attempt.pk, source=StatusChange.Source.STAFF)
            except (ConnectorError, DomainError) as error:
                text = _("%(id)s: the provider gave no answer: %(reason)s")
                reason = mask_text(str(error), msisdn=payer_of(payment))
                self.message_user(
                    request, text % {"id": payment.public_id, "reason": reason}, messages.ERROR
                )
                continue
            self.message_user(
                request, f"{asked.public_id}: {asked.get_status_display()}", messages.SUCCESS
            )
        return self._back(request, payments)

    @admin.action(description=_("Resend webhooks"), permissions=["resend"])
    def resend_webhooks(
        self, request: HttpRequest, queryset: QuerySet[Payment]
    ) -> HttpResponse | None:
        payments = self._chosen(request, queryset)
        now = timezone.now()
        count = 0
        for payment in payments:
            for delivery in Delivery.objects.filter(event__object_id=payment.pk):
                with contextlib.suppress(EndpointNotListening):
                    resend_delivery(delivery_id=delivery.pk, actor=actor_of(request), now=now)
                    count += 1
            record(
                actor=actor_of(request),
                action="payment.resend_webhooks",
                target=payment.public_id,
                now=now,
            )
        text = ngettext("%d webhook will be sent again.", "%d webhooks will be sent again.", count)
        self.message_user(request, text % count, messages.SUCCESS if count else messages.WARNING)
        return self._back(request, payments)

    def _chosen(self, request: HttpRequest, queryset: QuerySet[Payment]) -> list[Payment]:
        payments = list(queryset[: ASKED_AT_ONCE_MAX + 1])
        if len(payments) > ASKED_AT_ONCE_MAX:
            text = _("Choose at most %d payments at once. Nothing was done.")
            self.message_user(request, text % ASKED_AT_ONCE_MAX, messages.ERROR)
            return []
        return payments

    def _back(self, request: HttpRequest, payments: list[Payment]) -> HttpResponse | None:
        """To the payment's own page, when its button was pressed there."""
        if "_from_page" in request.POST and len(payments) == 1:
            return redirect("admin:payments_payment_change", payments[0].pk)
        return None

    # --- Search

    def matching(self, text: str) -> Q:
        found = read_public_id("pay", text)
        if found is not None:
            return Q(pk=found)
        attempt_id = read_public_id("att", text)
        reference = read_uuid(text)
        if attempt_id is None and reference is None:
            return Q(pk__in=payments_by_reference(text)) | Q(
                payer_msisdn_index__in=payer_indexes(text)
            )
        named = Q(pk=attempt_id) if attempt_id else Q(reference=reference)
        ids = Attempt.objects.filter(named).values_list("owner_id", flat=True)
        return Q(pk=reference) | Q(pk__in=list(ids))

    # --- The page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        payment: Payment = kwargs["obj"]
        attempts = list(payment.attempts.select_related("provider_account").order_by("id"))
        page = reverse("admin:payments_payment_changelist")
        msisdn = payer_of(payment)
        context |= {
            "title": payment.public_id,
            "payment": payment,
            "money": Money(payment.amount, payment.currency),
            "status": self.status_shown(payment),
            "mode": self.mode(payment),
            "sentence": sentence_of(payment),
            "warnings": warnings_of(
                attempts, msisdn=payer_of(payment), zone=payment.merchant.timezone
            ),
            "zone": payment.merchant.timezone,
            "timeline": shown_timeline(
                payment.pk,
                attempts,
                msisdn=msisdn,
                currency=payment.currency,
                moved=_moved,
            ),
            # The search makes the action find a payment of any age.
            "action_url": f"{page}?q={payment.public_id}",
            "may_ask": self.has_ask_permission(request) and bool(attempts_to_ask(payment.pk)),
            "may_resend": self.has_resend_permission(request),
        }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        payments: QuerySet[Payment] = super().get_queryset(request)
        return payments.select_related("merchant")

    # --- Columns

    @display(description=_("payment"))
    def id_and_time(self, payment: Payment) -> SafeString:
        return show_two(payment.public_id, show_time(payment.created_at))

    @display(description=_("payer"))
    def payer(self, payment: Payment) -> SafeString:
        return show_two(payment.payer_msisdn_masked, payment.operator)

    @display(description=_("id"))
    def public_id(self, payment: Payment) -> str:
        return payment.public_id

    @display(description=_("mode"))
    def mode(self, payment: Payment) -> SafeString:
        return show_mode(payment.livemode)

    @display(description=_("amount"))
    def money(self, payment: Payment) -> str:
        return show_money(payment.amount, payment.currency)

    @display(description=_("fee"))
    def fee_shown(self, payment: Payment) -> str:
        return show_money(payment.fee, payment.currency)

    @display(description=_("status"))
    def status_shown(self, payment: Payment) -> SafeString:
        colour = PAYMENT_COLOURS.get(payment.status, "")
        return show_label(payment.get_status_display(), colour)

    @display(description=_("created"))
    def created(self, payment: Payment) -> str:
        return show_time(payment.created_at, payment.merchant.timezone)

    @display(description=_("expires"))
    def expires(self, payment: Payment) -> str:
        return show_time(payment.expires_at, payment.merchant.timezone)

    @display(description=_("completed"))
    def completed(self, payment: Payment) -> str:
        return show_time(payment.completed_at, payment.merchant.timezone)

    @display(description=_("reference"))
    def merchant_reference_shown(self, payment: Payment) -> str:
        return own_text(payment.merchant_reference, msisdn=payer_of(payment))

    @display(description=_("description"))
    def description_shown(self, payment: Payment) -> str:
        return own_text(payment.description, msisdn=payer_of(payment))

    @display(description=_("metadata"))
    def metadata_shown(self, payment: Payment) -> str | SafeString:
        if not payment.metadata:
            return "–"
        return show_block(mask_text(pretty_json(payment.metadata), msisdn=payer_of(payment)))

    @display(description=_("routing"))
    def candidates_shown(self, payment: Payment) -> SafeString:
        return show_lines(shown_routing(payment))


def _moved(status: str, source: str) -> str:
    text = _("Payment: %(status)s (%(source)s)")
    return text % {"status": PaymentStatus(status).label, "source": source}
