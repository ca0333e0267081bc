from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.services.match_line import match_line
from apps.reconciliation.services.record_decision import Act, Decision, closing, record_decision


def settle_discrepancies(*, attempt_id: UUID, approved_by: str, reason: str, now: datetime) -> None:
    """After two people decided an attempt: its statement lines are compared again, and what is
    left open about it is resolved by them. Within the caller's transaction."""
    # Those that agreed with what the attempt was before, too.
    lines = StatementLine.objects.filter(attempt_id=attempt_id).order_by("id")
    for line in lines:
        match_line(statement_id=line.statement_id, line_id=line.pk, now=now)
    decision = Decision(Act.DECIDE, approved_by, reason, now)
    contradictions = Discrepancy.objects.select_for_update(no_key=True).filter(
        attempt_id=attempt_id,
        status=Discrepancy.Status.OPEN,
        kind=Discrepancy.Kind.CONTRADICTION,
    )
    for one in contradictions.order_by("id"):
        record_decision(one, decision, closing(Discrepancy.Status.RESOLVED, decision))
