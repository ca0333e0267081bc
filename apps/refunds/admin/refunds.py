from __future__ import annotations

from collections.abc import Mapping

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin import read_public_id
from apps.orchestration.admin.look_up import NumberFields
from apps.orchestration.admin.owners import MERCHANT, OUTGOING_COLOURS
from apps.orchestration.admin.timeline import own_text
from apps.payments.rules.payer import PAYER_INDEX
from apps.providers.contract import FailureCode
from apps.providers.rules.failures import FAILURES
from apps.refunds.admin.new_refund import MadeByStaff
from apps.refunds.models import Refund, RefundStatus

# What each status means, for whoever has the merchant on the telephone.
SENTENCES: Mapping[str, str | Promise] = {
    RefundStatus.NEEDS_APPROVAL: _("A rule demands that others approve it; the amount is held."),
    RefundStatus.PENDING: _("Waiting to be sent to the provider."),
    RefundStatus.PROCESSING: _("The provider has it."),
    RefundStatus.VERIFYING: _("We do not know the outcome yet: only the provider can say it."),
    RefundStatus.SUCCEEDED: _("The payer has the money, and it is booked."),
    RefundStatus.CANCELED: _("Not approved, or taken back by the merchant: nothing was sent."),
}


@admin.register(Refund)
class RefundAdmin(MadeByStaff):
    owner_type = "refund"
    colours = OUTGOING_COLOURS
    statuses = RefundStatus
    number_field = "payer_msisdn_masked"
    number_fields = NumberFields(
        PAYER_INDEX,
        "payment__payer_msisdn_index",
        "payment__payer_msisdn_masked",
        country="payment__country",
        operator="payment__operator",
    )
    public_id_prefix = "ref"
    list_display = [
        "id_and_time",
        MERCHANT,
        "money",
        "payment_shown",
        "provider_shown",
        "status_shown",
    ]
    search_help_text = _("Exactly: an id (ref_…, att_…), or the payment's, pay_….")
    fields = [
        "public_id", "mode", MERCHANT, "payment_shown", "money", "fee_shown", "way",
        "provider_shown", "reason_shown", "created", "completed", "metadata_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def matching_text(self, text: str) -> Q:
        payment_id = read_public_id("pay", text)
        return Q(payment_id=payment_id) if payment_id else Q(pk__in=[])

    def sentence_of(self, owner: Refund) -> str | Promise:
        if owner.failure_code in FAILURES:
            return FAILURES[FailureCode(owner.failure_code)].agent
        return SENTENCES.get(owner.status, owner.failure_code)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        return super().get_queryset(request).select_related("payment")

    @display(description=_("payment"))
    def payment_shown(self, refund: Refund) -> SafeString:
        url = reverse("admin:payments_payment_change", args=[refund.payment_id])
        return format_html('<a href="{}">{}</a>', url, refund.payment.public_id)

    @display(description=_("reason"))
    def reason_shown(self, refund: Refund) -> str:
        return own_text(refund.reason, msisdn=self.number_of(refund))
