from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.support_tickets.models import Ticket, TicketEvent
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import ORGANISING
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.services.add_message import TicketMovedOn
from apps.support_tickets.services.assign_ticket import assign_ticket
from apps.support_tickets.services.change_priority import change_priority
from apps.support_tickets.services.classify_ticket import classify_ticket


@transaction.atomic
def organise_ticket(
    *,
    ticket_id: UUID,
    assignee_id: int | None,
    team_id: UUID | None,
    priority: str,
    category: str,
    tags: Sequence[str],
    seen: int | None,
    author: Author,
    now: datetime,
) -> Ticket:
    """Who takes care of a ticket, how urgent it is and what it is about, all in one.

    Args:
        seen: the ticket's `sequence` when the author looked at it; None: she did not say. What
            others have organised since would be taken back by what she saw: it refuses.

    Raises TicketNotFound, TicketMovedOn: it is as it was.
    """
    ticket = lock_ticket(ticket_id)
    since = TicketEvent.objects.filter(ticket=ticket, kind__in=ORGANISING)
    if seen is not None and (since.filter(number__gt=seen).exclude(actor=author.actor).exists()):
        raise TicketMovedOn
    assign_ticket(
        ticket_id=ticket_id, assignee_id=assignee_id, team_id=team_id, author=author, now=now
    )
    change_priority(ticket_id=ticket_id, to=priority, author=author, now=now)
    return classify_ticket(
        ticket_id=ticket_id, category=category, tags=tags, author=author, now=now
    )
