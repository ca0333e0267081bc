from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.disputes.models import Dispute, DisputeStatus
from apps.disputes.rules.due_dates import next_due_at
from apps.disputes.selectors.lock_dispute import lock_dispute
from apps.disputes.transitions import MOVED_FIELDS, move
from apps.orchestration.models import StatusChange

NO_RESPONSE = "no response"


@transaction.atomic
def follow_up_dispute(*, dispute_id: UUID, leased_until: datetime, now: datetime) -> Dispute:
    """What is due of a dispute that waits for its merchant: an alarm or, once its date has passed,
    the move to those who decide. Safe to repeat; one that was answered meanwhile is left alone.

    Args:
        leased_until: what the claim set `due_at` to: another value says that it was done.
    """
    dispute = lock_dispute(dispute_id)
    if dispute.due_at != leased_until:
        return dispute
    if now >= dispute.evidence_due_at:
        moved = move(
            dispute,
            DisputeStatus.UNDER_REVIEW,
            source=StatusChange.Source.CLOCK,
            now=now,
            detail=NO_RESPONSE,
        )
    else:
        dispute.due_at = next_due_at(dispute.evidence_due_at, now=now)
        moved = move(
            dispute, DisputeStatus.NEEDS_RESPONSE, source=StatusChange.Source.CLOCK, now=now
        )
    bulk_write(moved.rows, {dispute: MOVED_FIELDS})
    return dispute
