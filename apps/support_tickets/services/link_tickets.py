from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.support_tickets.models import TicketLink
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.transitions import write_event


class TicketIsTheSame(DomainError):
    code = "ticket_is_the_same"
    status = 422
    title = "This is the ticket itself."
    staff_words = _("This is the ticket itself: name another one.")


@transaction.atomic
def link_tickets(
    *,
    ticket_id: UUID,
    other_id: UUID,
    kind: TicketLink.Kind = TicketLink.Kind.RELATED,
    author: Author,
    now: datetime,
) -> TicketLink:
    """Say that two tickets have to do with each other; once, whichever of them is named first.

    Raises TicketNotFound, TicketIsTheSame.
    """
    if ticket_id == other_id:
        raise TicketIsTheSame
    # In the order of ids, as all who lock two.
    locked = {one: lock_ticket(one) for one in sorted([ticket_id, other_id])}
    ticket, other = locked[ticket_id], locked[other_id]
    either = Q(ticket=ticket, other=other) | Q(ticket=other, other=ticket)
    there = TicketLink.objects.filter(either).first()
    if there is not None:
        return there
    link = TicketLink.objects.create(
        ticket=ticket, other=other, kind=kind, actor=author.actor, created_at=now
    )
    for one, another in ((ticket, other), (other, ticket)):
        data = {"kind": str(kind), "ticket": another.public_id}
        write_event(one, EventKind.LINKED, author=author, now=now, data=data)
        one.save(update_fields=["sequence", "updated_at"])
    record(
        actor=author.actor,
        action="ticket.link",
        target=ticket.public_id,
        detail={"kind": str(kind), "ticket": other.public_id},
        now=now,
    )
    return link
