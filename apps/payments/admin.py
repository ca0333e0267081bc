from __future__ import annotations

from collections.abc import Mapping

from django.contrib import admin
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.core.admin import DayRangeFilter, show_money, show_time, show_two
from apps.orchestration.admin.owners import MERCHANT, MerchantFilter, OwnerAdmin, ProviderFilter
from apps.orchestration.selectors.find_by_text import number_indexes, owners_by_reference
from apps.payments.admin_page import sentence_of
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.payer import PAYER_INDEX

PAYMENT_COLOURS: Mapping[str, str] = {
    PaymentStatus.PENDING: "info",
    PaymentStatus.REQUIRES_ACTION: "info",
    PaymentStatus.AUTHORIZED: "primary",
    PaymentStatus.VERIFYING: "warning",
    PaymentStatus.SUCCEEDED: "success",
    PaymentStatus.FAILED: "danger",
}


@admin.register(Payment)
class PaymentAdmin(OwnerAdmin):
    owner_type = "payment"
    colours = PAYMENT_COLOURS
    statuses = PaymentStatus
    number_field = "payer_msisdn_masked"
    public_id_prefix = "pay"
    list_display = ["id_and_time", MERCHANT, "money", "payer", "provider", "status_shown"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ProviderFilter,
        ("merchant", MerchantFilter),
        ("livemode", BooleanRadioFilter),
        ("created_at", DayRangeFilter),
    ]
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

    def matching_text(self, text: str) -> Q:
        return Q(pk__in=owners_by_reference(Payment, text)) | Q(
            payer_msisdn_index__in=number_indexes(text, purpose=PAYER_INDEX)
        )

    def sentence_of(self, owner: Payment) -> str | Promise:
        return sentence_of(owner)

    @display(description=_("payer"))
    def payer(self, payment: Payment) -> SafeString:
        return show_two(payment.payer_msisdn_masked, payment.operator)

    @display(description=_("fee"))
    def fee_shown(self, payment: Payment) -> str:
        return show_money(payment.fee, payment.currency)

    @display(description=_("expires"))
    def expires(self, payment: Payment) -> str:
        return show_time(payment.expires_at, payment.merchant.timezone)
