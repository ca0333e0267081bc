from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.support_tickets.models import Ticket
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.transitions import write_event


@transaction.atomic
def reveal_ticket(*, ticket_id: UUID, author: Author, now: datetime) -> Ticket:
    """Write down that a person was shown how the requester is reached, and what was written with
    the numbers in it. The caller shows it.

    Raises TicketNotFound.
    """
    ticket = lock_ticket(ticket_id)
    write_event(ticket, EventKind.REVEALED, author=author, now=now)
    ticket.save(update_fields=["sequence", "updated_at"])
    record(actor=author.actor, action="ticket.reveal", target=ticket.public_id, now=now)
    return ticket
