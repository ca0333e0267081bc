from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.support_tickets.models import Ticket, TicketStatus
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_types import RESOLVED
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.services.keep_clocks import keep_clocks
from apps.support_tickets.services.tell_merchant import tell_merchant
from apps.support_tickets.transitions import TicketMoveNotAllowed, move


@transaction.atomic
def change_status(*, ticket_id: UUID, to: str, author: Author, now: datetime) -> Ticket:
    """Move a ticket; to what it is already changes nothing. A customer may only close it.

    Raises TicketNotFound, TicketMoveNotAllowed, TicketAlreadyOpen.
    """
    ticket = lock_ticket(ticket_id)
    if ticket.status == to:
        return ticket
    if author.is_customer and to != TicketStatus.CLOSED:
        raise TicketMoveNotAllowed("A customer may close it, or write.", field="status")
    from_status = ticket.status
    move(ticket, to, author=author, now=now)
    keep_clocks(ticket, now=now)
    ticket.save()
    record(
        actor=author.actor,
        action="ticket.change_status",
        target=ticket.public_id,
        detail={"from": str(from_status), "to": str(to)},
        now=now,
    )
    if to == TicketStatus.RESOLVED:
        tell_merchant(ticket, RESOLVED, now=now)
    return ticket
