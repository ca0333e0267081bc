from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.support_tickets.models import TicketClock
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.services.keep_clocks import keep_clocks


@transaction.atomic
def look_at_clock(*, clock_id: UUID, now: datetime) -> None:
    """Warn of a clock, or say that it is broken, if it is time for that. Safe to repeat."""
    ticket = lock_ticket(TicketClock.objects.values_list("ticket_id", flat=True).get(pk=clock_id))
    keep_clocks(ticket, now=now)
    ticket.save(update_fields=["priority", "sequence", "updated_at"])
