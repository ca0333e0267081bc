from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.fees.models import FeePlan
from apps.fees.selectors.describe_version import when
from apps.merchants.models import Merchant


def describe_given_plan(payload: Mapping[str, Any]) -> list[str]:
    """The merchant, the plan, and from when on."""
    merchant = Merchant.objects.get(pk=UUID(payload["merchant_id"]))
    plan = FeePlan.objects.get(pk=UUID(payload["plan_id"]))
    return [
        _("Merchant: %(merchant)s") % {"merchant": merchant.name},
        _("Plan: %(plan)s") % {"plan": plan.name},
        when(payload),
    ]
