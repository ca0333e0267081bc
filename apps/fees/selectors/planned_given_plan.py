from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.fees.models import STANDING, MerchantFeePlan
from apps.fees.rules.begins_at import NOTICE


@dataclass(frozen=True, slots=True)
class PlannedGivenPlan:
    """A plan that a merchant has later, and what holds until then; None: nothing does."""

    given: MerchantFeePlan
    before: MerchantFeePlan | None


def planned_given_plan(merchant_id: UUID, *, now: datetime) -> PlannedGivenPlan | None:
    """The last plan of a merchant, where no process charges by it yet, nor may before it has read
    that it is gone. None: the last one holds, or is about to."""
    plans = MerchantFeePlan.objects.select_related("plan").filter(STANDING, merchant=merchant_id)
    last = plans.order_by("-valid_from").first()
    if last is None or last.valid_from < now + NOTICE:
        return None
    return PlannedGivenPlan(last, plans.filter(valid_until=last.valid_from).first())
