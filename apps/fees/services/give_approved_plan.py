from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit.services.record import record
from apps.fees.models import FeePlan, MerchantFeePlan
from apps.fees.rules.begins_at import begins_at
from apps.fees.rules.check_parity import check_parity
from apps.fees.rules.fee_terms import terms_of
from apps.fees.selectors.planned_version import latest_standing
from apps.fees.selectors.served_currencies import served_currencies
from apps.fees.services.give_plan import give_plan
from apps.merchants.models import Merchant


def give_approved_plan(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> MerchantFeePlan:
    """Give a merchant the plan that two people agreed on.

    Args:
        payload: merchant_id, plan_id, valid_from (empty: as soon as it can).

    Raises:
        FeePlanNotGiven: see give_plan.
        FeePlanTooFarAhead: see rules.begins_at.
        FeeLinesRefused: see rules.check_parity; an account of another currency came since its
            version was agreed on.
    """
    merchant = Merchant.objects.get(pk=UUID(payload["merchant_id"]))
    plan = FeePlan.objects.get(pk=UUID(payload["plan_id"]))
    version = latest_standing(plan)
    if version is not None:
        lines = version.lines.select_related("version").order_by("id")
        terms = [terms_of(line, plan_currency=plan.currency) for line in lines]
        check_parity(terms, served_currencies())
    given = give_plan(
        merchant=merchant, plan=plan, valid_from=begins_at(payload["valid_from"], now=now), now=now
    )
    record(
        actor=approved_by,
        action="fee_plan.given",
        target=merchant.public_id,
        detail={
            "plan": plan.public_id,
            "valid_from": given.valid_from.isoformat(),
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return given
