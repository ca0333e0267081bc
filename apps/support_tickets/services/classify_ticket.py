from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.clean_text import clean_line
from apps.support_tickets.models import Ticket
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.transitions import write_event

TAGS_MAX = 10
TAG_LENGTH_MAX = 40


@transaction.atomic
def classify_ticket(
    *, ticket_id: UUID, category: str, tags: Sequence[str], author: Author, now: datetime
) -> Ticket:
    """Say what a ticket is about: its category, and up to TAGS_MAX words of one's own.

    Raises TicketNotFound.
    """
    ticket = lock_ticket(ticket_id)
    clean = [clean_line(tag, TAG_LENGTH_MAX).lower() for tag in tags]
    kept = sorted({tag for tag in clean if tag})[:TAGS_MAX]
    if (ticket.category, ticket.tags) == (category, kept):
        return ticket
    ticket.category, ticket.tags = category, kept
    write_event(
        ticket,
        EventKind.CLASSIFIED,
        author=author,
        now=now,
        data={"category": str(category), "tags": kept},
    )
    ticket.save()
    record(
        actor=author.actor,
        action="ticket.classify",
        target=ticket.public_id,
        # Tags are people's own words, and the trail is never erased.
        detail={"category": str(category), "tags": len(kept)},
        now=now,
    )
    return ticket
