from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.core.admin import show_money, show_time, show_two
from apps.orchestration.admin.look_up import NumberFields
from apps.orchestration.admin.owners import MERCHANT, OwnerAdmin
from apps.orchestration.selectors.find_by_text import number_indexes, owners_by_reference
from apps.payments.admin_page import sentence_of
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.payer import PAYER_INDEX
from apps.payments.selectors.payments_of_status import payments_of_status

PAYMENT_COLOURS: Mapping[str, str] = {
    PaymentStatus.PENDING: "info",
    PaymentStatus.REQUIRES_ACTION: "info",
    PaymentStatus.AUTHORIZED: "primary",
    PaymentStatus.VERIFYING: "warning",
    PaymentStatus.SUCCEEDED: "success",
    PaymentStatus.FAILED: "danger",
}

# Of those that people know by another name.
METHODS = {"mobile_money": _("mobile money"), "card": _("card")}


class PaymentStatusFilter(ChoicesDropdownFilter):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        status = self.value()
        return queryset.filter(payments_of_status(status)) if status else queryset


@admin.register(Payment)
class PaymentAdmin(OwnerAdmin):
    owner_type = "payment"
    colours = PAYMENT_COLOURS
    statuses = PaymentStatus
    number_field = "payer_msisdn_masked"
    number_fields = NumberFields(PAYER_INDEX, "payer_msisdn_index", "payer_msisdn_masked")
    public_id_prefix = "pay"
    list_filter = [("status", PaymentStatusFilter), *OwnerAdmin.list_filter[1:]]
    list_display = ["id_and_time", MERCHANT, "money", "payer", "provider_shown", "status_shown"]
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
                    "refunded_shown",
                    "disputed_shown",
                    ("payer_msisdn_masked", "operator_shown"),
                    ("provider_shown", "method_shown"),
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
        "fee_shown", "refunded_shown", "disputed_shown", "payer_msisdn_masked",
        "operator_shown", "provider_shown", "method_shown", "created", "expires", "completed",
        "metadata_shown", "candidates_shown",
    ]  # fmt: skip

    def matching_text(self, text: str) -> Q:
        return Q(pk__in=owners_by_reference(Payment, text)) | Q(
            payer_msisdn_index__in=number_indexes(text, purpose=PAYER_INDEX)
        )

    def sentence_of(self, owner: Payment) -> str | Promise:
        return sentence_of(owner)

    def buttons(self, request: HttpRequest, owner: Payment) -> list[tuple[Any, str]]:
        if owner.status != PaymentStatus.SUCCEEDED or owner.left <= 0:
            return []
        pages = [
            (_("Refund"), "refunds.add_refund", "admin:refunds_refund_add"),
            (_("Open a dispute"), "disputes.add_dispute", "admin:disputes_dispute_add"),
        ]
        return [
            (text, f"{reverse(page)}?payment={owner.public_id}")
            for text, permission, page in pages
            if request.user.has_perm(permission)
        ]

    @display(description=_("payer"))
    def payer(self, payment: Payment) -> SafeString:
        return show_two(payment.payer_msisdn_masked, self.operator_shown(payment))

    @display(description=_("method"))
    def method_shown(self, payment: Payment) -> str:
        return str(METHODS.get(payment.method, payment.method))

    @display(description=_("refunded"))
    def refunded_shown(self, payment: Payment) -> SafeString | str:
        if not payment.amount_refunded:
            return "–"
        text = _("%(refunded)s of %(received)s, including what is under way") % {
            "refunded": show_money(payment.amount_refunded, payment.currency),
            "received": show_money(payment.received, payment.currency),
        }
        return format_html(
            '<a href="{}?q={}">{}</a>',
            reverse("admin:refunds_refund_changelist"),
            payment.public_id,
            text,
        )

    @display(description=_("disputed"))
    def disputed_shown(self, payment: Payment) -> SafeString | str:
        if not payment.amount_disputed:
            return "–"
        return format_html(
            '<a href="{}?q={}">{}</a>',
            reverse("admin:disputes_dispute_changelist"),
            payment.public_id,
            show_money(payment.amount_disputed, payment.currency),
        )

    @display(description=_("expires"))
    def expires(self, payment: Payment) -> str:
        return show_time(payment.expires_at, payment.merchant.timezone)
