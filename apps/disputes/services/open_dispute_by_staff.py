from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.disputes.models import Dispute, OpenedBy
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute


@transaction.atomic
def open_dispute_by_staff(
    *, payment_id: UUID, order: DisputeOrder, actor: str, now: datetime
) -> Dispute:
    """A dispute that staff open, with a trace of who did. Raises what open_dispute raises."""
    dispute = open_dispute(payment_id=payment_id, order=order, opened_by=OpenedBy.STAFF, now=now)
    record(
        actor=actor,
        action="dispute.open",
        target=dispute.public_id,
        detail={
            "payment": dispute.payment.public_id,
            "amount": dispute.amount,
            "currency": dispute.currency,
            "reason": dispute.reason,
        },
        now=now,
    )
    return dispute
