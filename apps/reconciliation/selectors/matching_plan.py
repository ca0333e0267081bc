from __future__ import annotations

from uuid import UUID

from apps.reconciliation.models import MatchingPlan
from apps.reconciliation.rules.passes import DEFAULT_PLAN, PassTerms, PlanTerms


def matching_plan(account_id: UUID, *, number: int | None = None) -> PlanTerms:
    """The plan that holds for an account, or the one of a number. Two queries."""
    plans = MatchingPlan.objects.filter(provider_account_id=account_id)
    if number is not None:
        plans = plans.filter(number=number)
    plan = plans.order_by("-number").first()
    if plan is None:
        return DEFAULT_PLAN
    return PlanTerms(
        tuple(PassTerms(step.code, step.window) for step in plan.passes.order_by("position")),
        tolerance=plan.tolerance,
        report_delay_days=plan.report_delay_days,
        number=plan.number,
    )
