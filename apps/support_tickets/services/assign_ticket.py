from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.support_tickets.models import Ticket, TicketStatus
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.services.keep_clocks import keep_clocks
from apps.support_tickets.transitions import move, write_event


@transaction.atomic
def assign_ticket(
    *,
    ticket_id: UUID,
    assignee_id: int | None,
    team_id: UUID | None,
    author: Author,
    now: datetime,
) -> Ticket:
    """Say which person and which team take care of a ticket; None for nobody. Somebody who takes a
    new one has looked at it: it is open.

    Raises TicketNotFound.
    """
    ticket = lock_ticket(ticket_id)
    if (ticket.assignee_id, ticket.team_id) == (assignee_id, team_id):
        return ticket
    detail = {
        "assignee": f"user:{assignee_id}" if assignee_id else "",
        "team": str(team_id or ""),
    }
    ticket.assignee_id, ticket.team_id = assignee_id, team_id
    write_event(ticket, EventKind.ASSIGNED, author=author, now=now, data=detail)
    if assignee_id is not None and ticket.status == TicketStatus.NEW:
        move(ticket, TicketStatus.OPEN, author=author, now=now)
    keep_clocks(ticket, now=now)
    ticket.save()
    record(
        actor=author.actor, action="ticket.assign", target=ticket.public_id, detail=detail, now=now
    )
    return ticket
