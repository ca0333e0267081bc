from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.core.models import OutboxMessage
from apps.core.work.outbox import enqueue

MATCH_TOPIC = "reconciliation.match_statement"


def rematch_later(statement_ids: Iterable[UUID], *, now: datetime) -> None:
    """Promise that these statements are matched again, each once, within the transaction."""
    for statement_id in sorted(set(statement_ids)):
        waiting = OutboxMessage.objects.filter(
            topic=MATCH_TOPIC, payload__statement_id=str(statement_id), available_at__lte=now
        )
        # One that is being worked on may have read what is not committed yet.
        if not waiting.filter(tries=0).exists():
            enqueue(MATCH_TOPIC, now=now, statement_id=str(statement_id))
