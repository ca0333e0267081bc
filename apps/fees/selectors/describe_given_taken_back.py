from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.admin import show_time
from apps.fees.models import STANDING, MerchantFeePlan


def describe_given_taken_back(payload: Mapping[str, Any]) -> list[str]:
    """The merchant, the plan that it would never have, and the one that holds on."""
    given = MerchantFeePlan.objects.select_related("merchant", "plan").get(
        pk=UUID(payload["given_id"])
    )
    before = (
        MerchantFeePlan.objects.filter(
            STANDING, merchant=given.merchant_id, valid_from__lt=given.valid_from
        )
        .select_related("plan")
        .order_by("-valid_from")
        .first()
    )
    text = _("%(plan)s, which begins %(when)s, never does")
    return [
        _("Merchant: %(merchant)s") % {"merchant": given.merchant.name},
        text % {"plan": given.plan.name, "when": show_time(given.valid_from)},
        holds_on(before),
    ]


def holds_on(before: MerchantFeePlan | None) -> str:
    """What holds in place of a plan that was taken back."""
    if before is None:
        return _("Nothing holds in its place: the merchant pays no fees.")
    return _("%(plan)s holds on.") % {"plan": before.plan.name}
