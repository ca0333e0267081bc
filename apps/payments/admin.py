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
from django.utils.html import format_html
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
from apps.merchants.models import Merchant
from apps.payments.admin_decisions import DecidedByTwo
from apps.payments.admin_page import (
    own_text,
    payer_of,
    sentence_of,
    shown_routing,
    shown_timeline,
    warnings_of,
)
from apps.payments.models import (
    Attempt,
    AttemptStatus,
    Payment,
    PaymentStatus,
    StatusChange,
)
from apps.payments.selectors.attempts_to_ask import attempts_to_ask
from apps.payments.services.create_payment import PAYER_INDEX
from apps.payments.services.refresh_attempt import refresh_attempt
from apps.providers.admin import AccountFilter, ConnectorFilter
from apps.providers.contract import ConnectorError
from apps.providers.models import ProviderAccount
from apps.providers.rules.phone_numbers import InvalidPhoneNumber, parse_phone
from apps.vault.blind_index import search_indexes
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

ATTEMPT_COLOURS: Mapping[str, str] = {
    AttemptStatus.SUBMITTED: "info",
    AttemptStatus.PENDING: "info",
    AttemptStatus.REQUIRES_ACTION: "info",
    AttemptStatus.AUTHORIZED: "primary",
    AttemptStatus.UNKNOWN: "warning",
    AttemptStatus.SUCCEEDED: "success",
    AttemptStatus.FAILED: "danger",
}


class ProviderFilter(ConnectorFilter):
    field = "provider"


class MerchantFilter(AutocompleteSelectFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("merchant")


MERCHANT = related("merchant", _("merchant"))
ACCOUNT = related("provider_account", _("provider account"))


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
            attempts = attempts_to_ask(payment)
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
        for prefix, column in (("pay", "pk"), ("att", "attempts")):
            found = read_public_id(prefix, text)
            if found is not None:
                return Q(**{column: found})
        reference = read_uuid(text)
        if reference is not None:
            ids = Attempt.objects.filter(reference=reference).values_list("payment_id", flat=True)
            return Q(pk=reference) | Q(pk__in=list(ids))
        return Q(pk__in=_by_reference(text)) | Q(payer_msisdn_index__in=_by_phone(text))

    # --- The page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        payment: Payment = kwargs["obj"]
        attempts = list(payment.attempts.select_related("provider_account").order_by("id"))
        page = reverse("admin:payments_payment_changelist")
        context |= {
            "title": payment.public_id,
            "payment": payment,
            "money": Money(payment.amount, payment.currency),
            "status": self.status_shown(payment),
            "mode": self.mode(payment),
            "sentence": sentence_of(payment),
            "warnings": warnings_of(attempts, payment.merchant.timezone),
            "zone": payment.merchant.timezone,
            "timeline": shown_timeline(payment, attempts),
            # The search makes the action find a payment of any age.
            "action_url": f"{page}?q={payment.public_id}",
            "may_ask": self.has_ask_permission(request) and bool(attempts_to_ask(payment)),
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
        return own_text(payment, payment.merchant_reference)

    @display(description=_("description"))
    def description_shown(self, payment: Payment) -> str:
        return own_text(payment, payment.description)

    @display(description=_("metadata"))
    def metadata_shown(self, payment: Payment) -> str | SafeString:
        if not payment.metadata:
            return "–"
        return show_block(mask_text(pretty_json(payment.metadata), msisdn=payer_of(payment)))

    @display(description=_("routing"))
    def candidates_shown(self, payment: Payment) -> SafeString:
        return show_lines(shown_routing(payment))


@admin.register(Attempt)
class AttemptAdmin(DecidedByTwo):
    public_id_prefix = "att"
    list_display = ["ids", "account_and_reference", "status_shown", "owner", "times"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("needs_person", BooleanRadioFilter),
        ("provider_account", AccountFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["payment__merchant", "provider_account"]
    search_fields = ["id", "reference"]
    search_help_text = _("Exactly: the id att_…, our reference, or the provider's.")
    fields = [
        "public_id", "payment_shown", ACCOUNT, "kind", "status_shown", "failure_code",
        "contradiction_shown", "reference", "statement_reference", "provider_reference",
        "needs_person", "checks", "created", "submitted", "next_check", "completed", "raw_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        attempts: QuerySet[Attempt] = super().get_queryset(request)
        return attempts.select_related(*self.list_select_related)

    def matching(self, text: str) -> Q:
        return super().matching(text) | Q(
            provider_account__in=_account_ids(), provider_reference=text
        )

    @display(description=_("id"))
    def public_id(self, attempt: Attempt) -> str:
        return attempt.public_id

    @display(description=_("attempt"))
    def ids(self, attempt: Attempt) -> SafeString:
        return show_two(attempt.public_id, attempt.payment.public_id)

    @display(description=_("provider"))
    def account_and_reference(self, attempt: Attempt) -> SafeString:
        return show_two(attempt.provider_account, attempt.provider_reference)

    @display(description=_("payment"))
    def payment_shown(self, attempt: Attempt) -> SafeString:
        url = reverse("admin:payments_payment_change", args=[attempt.payment_id])
        return format_html('<a href="{}">{}</a>', url, attempt.payment.public_id)

    @display(description=_("status"))
    def status_shown(self, attempt: Attempt) -> SafeString:
        colour = ATTEMPT_COLOURS.get(attempt.status, "")
        return show_label(attempt.get_status_display(), colour)

    @display(description=_("needs a person"))
    def owner(self, attempt: Attempt) -> str:
        return show_label(_("yes"), "warning") if attempt.needs_person else "–"

    @display(description=_("contradiction"))
    def contradiction_shown(self, attempt: Attempt) -> str:
        return own_text(attempt.payment, attempt.contradiction)

    @display(description=_("created, next check"))
    def times(self, attempt: Attempt) -> SafeString:
        return show_two(show_time(attempt.created_at), show_time(attempt.next_check_at))

    @display(description=_("created"))
    def created(self, attempt: Attempt) -> str:
        return show_time(attempt.created_at, attempt.payment.merchant.timezone)

    @display(description=_("submitted"))
    def submitted(self, attempt: Attempt) -> str:
        return show_time(attempt.submitted_at, attempt.payment.merchant.timezone)

    @display(description=_("next check"))
    def next_check(self, attempt: Attempt) -> str:
        return show_time(attempt.next_check_at, attempt.payment.merchant.timezone)

    @display(description=_("completed"))
    def completed(self, attempt: Attempt) -> str:
        return show_time(attempt.completed_at, attempt.payment.merchant.timezone)

    @display(description=_("raw answer, numbers masked"))
    def raw_shown(self, attempt: Attempt) -> str | SafeString:
        if not attempt.raw:
            return "–"
        keep = {attempt.provider_reference, attempt.statement_reference}
        return show_block(
            mask_text(pretty_json(attempt.raw), msisdn=payer_of(attempt.payment), keep=keep)
        )


def _by_reference(text: str) -> list[Any]:
    """Payments a merchant, a provider or a statement calls so.

    The indexes begin with the merchant or the account; naming all of them keeps them in use.
    """
    merchants = list(Merchant.objects.values_list("pk", flat=True))
    of_merchant = Payment.objects.filter(merchant__in=merchants, merchant_reference=text)
    attempts = Attempt.objects.filter(provider_account__in=_account_ids())
    of_provider = attempts.filter(provider_reference=text)
    on_statement = attempts.filter(statement_reference=text)
    return [
        *of_merchant.values_list("pk", flat=True)[:HITS_MAX],
        *of_provider.values_list("payment_id", flat=True)[:HITS_MAX],
        *on_statement.values_list("payment_id", flat=True)[:HITS_MAX],
    ]


def _by_phone(text: str) -> list[bytes]:
    """The blind indexes of every number that `text` may be."""
    countries = set(ProviderAccount.objects.values_list("country", flat=True))
    today = timezone.now().date()
    numbers = set()
    for country in countries or {COUNTRY_DEFAULT}:
        for test_mode in (False, True):
            try:
                phone = parse_phone(text, default_country=country, on=today, test_mode=test_mode)
            except InvalidPhoneNumber:
                continue
            numbers.add(phone.msisdn)
    return [index for number in numbers for index in search_indexes(number, purpose=PAYER_INDEX)]


def _account_ids() -> list[Any]:
    return list(ProviderAccount.objects.values_list("pk", flat=True))
