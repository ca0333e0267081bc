from __future__ import annotations

from collections.abc import Mapping

from django.contrib import admin
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin import show_two
from apps.orchestration.admin.look_up import NumberFields
from apps.orchestration.admin.owners import MERCHANT, OUTGOING_COLOURS, OwnerAdmin
from apps.orchestration.selectors.find_by_text import number_indexes, owners_by_reference
from apps.payouts.models import Payout, PayoutStatus
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.providers.contract import FailureCode
from apps.providers.rules.failures import FAILURES

# What each status means, for whoever has the merchant on the telephone.
SENTENCES: Mapping[str, str | Promise] = {
    PayoutStatus.NEEDS_APPROVAL: _("A rule demands that others approve it; the amount is held."),
    PayoutStatus.PENDING: _("Being sent; the amount is held."),
    PayoutStatus.PROCESSING: _("The provider has it; the amount is held."),
    PayoutStatus.VERIFYING: _("We do not know the outcome yet: only the provider can say it."),
    PayoutStatus.SUCCEEDED: _("The payee has the money."),
    PayoutStatus.CANCELED: _("Not approved, or taken back by the merchant: nothing was sent."),
}


@admin.register(Payout)
class PayoutAdmin(OwnerAdmin):
    owner_type = "payout"
    colours = OUTGOING_COLOURS
    statuses = PayoutStatus
    number_field = "payee_msisdn_masked"
    number_fields = NumberFields(PAYEE_INDEX, "payee_msisdn_index", "payee_msisdn_masked")
    public_id_prefix = "po"
    list_display = ["id_and_time", MERCHANT, "money", "payee", "provider_shown", "status_shown"]
    search_help_text = _(
        "Exactly: an id (po_…, att_…), the payee's phone, or a reference of merchant or provider."
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
                    ("payee_msisdn_masked", "operator_shown"),
                    "provider_shown",
                    ("created", "completed"),
                    "metadata_shown",
                    "candidates_shown",
                ]
            },
        )
    ]
    readonly_fields = [
        "public_id", MERCHANT, "mode", "merchant_reference_shown", "description_shown", "money",
        "fee_shown", "payee_msisdn_masked", "operator_shown", "provider_shown", "created",
        "completed", "metadata_shown", "candidates_shown",
    ]  # fmt: skip

    def matching_text(self, text: str) -> Q:
        return Q(pk__in=owners_by_reference(Payout, text)) | Q(
            payee_msisdn_index__in=number_indexes(text, purpose=PAYEE_INDEX)
        )

    def sentence_of(self, owner: Payout) -> str | Promise:
        if owner.failure_code in FAILURES:
            return FAILURES[FailureCode(owner.failure_code)].agent
        return SENTENCES.get(owner.status, owner.failure_code)

    @display(description=_("payee"))
    def payee(self, payout: Payout) -> SafeString:
        return show_two(payout.payee_msisdn_masked, self.operator_shown(payout))
