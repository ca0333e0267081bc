from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.merchants.models import Merchant
from apps.settlement.rules.reserve import check_reserve, reserve_before


def describe_reserve(payload: Mapping[str, Any]) -> list[str]:
    """Whose reserve, and from what to what."""
    merchant = Merchant.objects.get(pk=UUID(payload["merchant_id"]))
    before, asked = (
        _("Reserve: %(reserve)s") % {"reserve": reserve.in_words(merchant.currency)}
        for reserve in (reserve_before(payload), check_reserve(payload))
    )
    return [
        _("Merchant: %(merchant)s") % {"merchant": merchant.name},
        *compared_lines([before], [asked]),
        _("For what is paid from then on."),
    ]
