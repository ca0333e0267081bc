from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.disputes.models import Dispute
from apps.disputes.services.escalate_dispute import escalate_dispute
from apps.orchestration.models import StatusChange


@transaction.atomic
def escalate_dispute_by_staff(
    *, dispute_id: UUID, stage: str, due_at: datetime | None, actor: str, now: datetime
) -> Dispute:
    """A later stage that staff enter, with a trace of who did. Raises what escalate_dispute
    raises."""
    dispute = escalate_dispute(
        dispute_id=dispute_id,
        stage=stage,
        due_at=due_at,
        source=StatusChange.Source.STAFF,
        now=now,
    )
    record(
        actor=actor,
        action="dispute.escalate",
        target=dispute.public_id,
        detail={"stage": stage},
        now=now,
    )
    return dispute
