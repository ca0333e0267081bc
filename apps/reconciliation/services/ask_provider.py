from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.match_line import match_line


def ask_provider(*, attempt_id: UUID, discrepancy_id: UUID, now: datetime) -> None:
    """Ask the provider about an attempt its statement reports otherwise than we do.

    Afterwards the line is compared again: if both sides agree, the discrepancy is repaired. If
    the provider has no final answer yet, the attempt's own checks go on and the account's next
    statement compares again. Safe to repeat.
    """
    discrepancy = Discrepancy.objects.get(pk=discrepancy_id)
    if discrepancy.status != Discrepancy.Status.OPEN:
        return
    refresh_attempt(attempt_id=attempt_id, source="statement", now=now)
    if discrepancy.line_id and discrepancy.statement_id:
        match_line(statement_id=discrepancy.statement_id, line_id=discrepancy.line_id, now=now)
