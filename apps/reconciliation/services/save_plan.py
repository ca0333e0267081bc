from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.reconciliation.models import MatchingPass, MatchingPlan
from apps.reconciliation.rules.passes import PlanTerms


def save_plan(*, account_id: UUID, terms: PlanTerms, number: int, now: datetime) -> MatchingPlan:
    """An account's next plan; it holds from then on. Within the caller's transaction, which has
    checked the terms. Of two with one number the database refuses the second."""
    plan = MatchingPlan.objects.create(
        provider_account_id=account_id,
        number=number,
        tolerance=terms.tolerance,
        report_delay_days=terms.report_delay_days,
        created_at=now,
    )
    MatchingPass.objects.bulk_create(
        MatchingPass(plan=plan, position=position, code=step.code, window=step.window)
        for position, step in enumerate(terms.passes, 1)
    )
    return plan
