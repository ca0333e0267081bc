"""How a ticket moves, and how each step of it is written down.

`move` is the only writer of a ticket's status, `write_event` of its history. Both work on a locked
(or new) ticket, whose fields the caller saves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.support_tickets.models import Ticket, TicketEvent, TicketMessage
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.moves import ENDS, TICKET_MOVES


class TicketMoveNotAllowed(DomainError):
    code = "ticket_move_not_allowed"
    status = 409
    title = "The ticket cannot become this from what it is."
    staff_words = _("The ticket cannot become this from what it is now.")


class TicketAlreadyOpen(DomainError):
    code = "ticket_already_open"
    status = 409
    title = "The payer has an open ticket about this payment."
    staff_words = _("The payer has an open ticket about this payment already: write there.")


def move(
    ticket: Ticket, to: str, *, author: Author, now: datetime, data: Mapping[str, Any] | None = None
) -> TicketEvent:
    """Set the status of a locked (or new) ticket, with what follows from it, and write it down.

    The caller saves the ticket.

    Raises TicketMoveNotAllowed when TICKET_MOVES does not have this move; TicketAlreadyOpen when
    what was over has been asked again since, in a ticket that is not done.
    """
    from_status = ticket.status
    if to not in TICKET_MOVES[from_status]:
        raise TicketMoveNotAllowed(f"It is {from_status}, and cannot become {to}.", field="status")
    if from_status in ENDS and to not in ENDS and ticket.asked_again().exists():
        raise TicketAlreadyOpen
    ticket.status = to
    if to in ENDS:
        ticket.resolved_at = ticket.resolved_at or now
        ticket.unanswered_since = None
    else:
        ticket.resolved_at = None
    kind = EventKind.STATUS if from_status else EventKind.CREATED
    return write_event(
        ticket,
        kind,
        author=author,
        now=now,
        data={"from": from_status, "to": str(to), **(data or {})},
    )


def write_event(
    ticket: Ticket,
    kind: str,
    *,
    author: Author,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    message: TicketMessage | None = None,
) -> TicketEvent:
    """The next step in the history of a locked ticket, which is in the database. The caller saves
    the ticket."""
    ticket.sequence += 1
    ticket.updated_at = now
    return TicketEvent.objects.create(
        ticket=ticket,
        number=ticket.sequence,
        kind=str(kind),
        author_kind=author.kind,
        actor=author.actor,
        author_id=author.user_id,
        data=dict(data or {}),
        message=message,
        created_at=now,
    )
