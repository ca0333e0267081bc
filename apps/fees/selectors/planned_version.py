from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.fees.models import STANDING, FeePlan, FeePlanVersion
from apps.fees.rules.begins_at import NOTICE


@dataclass(frozen=True, slots=True)
class Planned:
    """A version that begins later, and the one that holds until then; None: nothing does."""

    version: FeePlanVersion
    before: FeePlanVersion | None


def planned_version(plan_id: UUID, *, now: datetime) -> Planned | None:
    """The last version of a plan, where no process charges by it yet, nor may before it has read
    that it is gone. None: the last one holds, or is about to."""
    versions = FeePlanVersion.objects.filter(STANDING, plan_id=plan_id).order_by("-number")
    last = versions.first()
    if last is None or last.valid_from < now + NOTICE:
        return None
    return Planned(last, versions.filter(valid_until=last.valid_from).first())


def latest_standing(plan: FeePlan) -> FeePlanVersion | None:
    """The last version of a plan that was not taken back."""
    return plan.versions.filter(STANDING).order_by("-number").first()
