from __future__ import annotations

from uuid import UUID

from apps.orchestration.models import DueAttempt


def count_waiting(account_id: UUID, *, limit: int) -> int:
    """How many instructions wait to be sent to a provider account; `limit` if there are more. Read
    of its queue's index, no further than that."""
    waiting = DueAttempt.objects.filter(is_sent=False, provider_account_id=account_id)
    return waiting.order_by("next_check_at")[:limit].count()
