from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.payments.models import Payment
from apps.support_tickets.models import RequesterKind, Ticket, TicketStatus
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.services.keep_clocks import keep_clocks
from apps.support_tickets.services.link_tickets import TicketIsTheSame
from apps.support_tickets.transitions import move, write_event


class TicketsNotMergeable(DomainError):
    code = "tickets_not_mergeable"
    status = 422
    title = "These tickets cannot be merged."
    staff_words = _(
        "Tickets can be merged if they are of the same requester, merchant and mode, and of the"
        " same payer. Link these instead."
    )


class MergedIntoClosed(TicketsNotMergeable):
    """What waits for an answer would wait where nobody looks."""

    staff_words = _("The other ticket is closed, and this one is not: merge it into this one.")


@transaction.atomic
def merge_tickets(*, ticket_id: UUID, into_id: UUID, author: Author, now: datetime) -> Ticket:
    """Let one ticket go on in another: it is closed, its messages are shown there, and what is
    still written to it arrives there. Returns the other one.

    Whoever sees one of them then sees both, so they must be of the same requester. What is not done
    goes on: a resolved one that it is merged into is opened again.

    Raises TicketNotFound, TicketIsTheSame, TicketsNotMergeable, TicketAlreadyOpen.
    """
    if ticket_id == into_id:
        raise TicketIsTheSame
    # In the order of ids, as all who lock two.
    locked = {one: lock_ticket(one) for one in sorted([ticket_id, into_id])}
    ticket, into = locked[ticket_id], locked[into_id]
    if ticket.merged_into_id or into.merged_into_id or not _is_same_requester(ticket, into):
        raise TicketsNotMergeable
    goes_on = not ticket.is_done
    if goes_on and into.status == TicketStatus.CLOSED:
        raise MergedIntoClosed
    waiting = [one for one in (ticket.unanswered_since, into.unanswered_since) if one is not None]
    if ticket.status != TicketStatus.CLOSED:
        move(ticket, TicketStatus.CLOSED, author=author, now=now)
    ticket.merged_into = into
    ticket.save()
    if goes_on and into.is_done:
        move(into, TicketStatus.OPEN, author=author, now=now)
    if waiting and not into.is_done:
        into.unanswered_since = min(waiting)
    for one, other, way in ((ticket, into, "into"), (into, ticket, "from")):
        data = {"way": way, "ticket": other.public_id}
        write_event(one, EventKind.MERGED, author=author, now=now, data=data)
        keep_clocks(one, now=now)
        one.save()
    # What was merged into this one before goes on there too: one step, however often.
    Ticket.objects.filter(merged_into=ticket).update(merged_into=into)
    record(
        actor=author.actor,
        action="ticket.merge",
        target=ticket.public_id,
        detail={"into": into.public_id},
        now=now,
    )
    return into


def _is_same_requester(one: Ticket, other: Ticket) -> bool:
    same = ("requester_kind", "merchant_id", "livemode")
    if any(getattr(one, name) != getattr(other, name) for name in same):
        return False
    if one.requester_kind != RequesterKind.PAYER:
        return True
    if not one.about_id and not other.about_id:
        # By e-mail, from the same address.
        contact = bytes(one.contact_index)
        return contact != b"" and contact == bytes(other.contact_index)
    if not one.about_id or not other.about_id:
        return False
    if (one.about_type, one.about_id) == (other.about_type, other.about_id):
        return True
    numbers = Payment.objects.filter(pk__in=[one.about_id, other.about_id]).values_list(
        "payer_msisdn_index", flat=True
    )
    found = [bytes(number) for number in numbers]
    return len(found) == 2 and found[0] == found[1]
