from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.support_tickets.models import Ticket
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.services.keep_clocks import keep_clocks
from apps.support_tickets.transitions import write_event


@transaction.atomic
def change_priority(*, ticket_id: UUID, to: str, author: Author, now: datetime) -> Ticket:
    """Say how urgent a ticket is.

    Raises TicketNotFound.
    """
    ticket = lock_ticket(ticket_id)
    if ticket.priority == to:
        return ticket
    detail = {"from": str(ticket.priority), "to": str(to)}
    ticket.priority = to
    write_event(ticket, EventKind.PRIORITY, author=author, now=now, data=detail)
    keep_clocks(ticket, now=now)
    ticket.save()
    record(
        actor=author.actor,
        action="ticket.change_priority",
        target=ticket.public_id,
        detail=detail,
        now=now,
    )
    return ticket
