from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.match_lines import match_lines


def settle_discrepancies(*, attempt_id: UUID, approved_by: str, reason: str, now: datetime) -> None:
    """After two people decided an attempt: its statement lines are compared again, and what is
    left open about it is resolved by them. Within the caller's transaction."""
    still_open = Discrepancy.objects.filter(attempt_id=attempt_id, status=Discrepancy.Status.OPEN)
    for discrepancy in still_open.filter(line__isnull=False, statement__isnull=False):
        if discrepancy.statement_id is None:
            continue
        match_lines(statement_id=discrepancy.statement_id, line_id=discrepancy.line_id, now=now)
    still_open.filter(kind=Discrepancy.Kind.CONTRADICTION).update(
        status=Discrepancy.Status.RESOLVED,
        resolution=reason,
        owner_id=int(approved_by.removeprefix("user:")),
        closed_at=now,
    )
