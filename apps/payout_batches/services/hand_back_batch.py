from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.core.work.outbox import wake_on_commit
from apps.payout_batches.due_work import TOPIC
from apps.payout_batches.models import PayoutBatch


def hand_back_batch(*, batch_id: UUID, leased_until: datetime, due_at: datetime) -> None:
    """Leave a batch to whoever claims it next, if nobody was there meanwhile."""
    PayoutBatch.objects.filter(pk=batch_id, due_at=leased_until).update(due_at=due_at)
    wake_on_commit(TOPIC)
