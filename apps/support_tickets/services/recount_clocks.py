from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.core.work.outbox import wake_on_commit
from apps.support_tickets.models import TicketClock


def recount_clocks(*, calendar_id: UUID, now: datetime) -> int:
    """The hours of a calendar have changed: the clocks that run by it are looked at again, by the
    worker; returns how many. What they had used stays used."""
    running = TicketClock.objects.filter(calendar_id=calendar_id, next_look_at__isnull=False)
    count = running.update(next_look_at=now)
    wake_on_commit("ticket.clock")
    return count
