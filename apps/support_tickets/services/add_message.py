from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.support_tickets.models import (
    AuthorKind,
    Channel,
    RequesterKind,
    Ticket,
    TicketEvent,
    TicketLink,
    TicketMessage,
    TicketStatus,
)
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.contact import as_written
from apps.support_tickets.rules.event_kinds import CONVERSATION, EventKind
from apps.support_tickets.rules.event_types import ANSWERED, RESOLVED
from apps.support_tickets.rules.texts import contact_of, subject_of
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.selectors.read_subject import read_subject
from apps.support_tickets.services.keep_clocks import keep_clocks
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from apps.support_tickets.services.tell_by_email import tell_by_email
from apps.support_tickets.services.tell_merchant import tell_merchant
from apps.support_tickets.services.write_message import write_message
from apps.support_tickets.transitions import TicketAlreadyOpen, move, write_event

# A customer's word opens a resolved ticket again for so long; afterwards it opens another one.
REOPENS_FOR = timedelta(days=14)

# Whose answer ends this waiting.
WAITED_FOR = {
    TicketStatus.WAITING_FOR_MERCHANT: AuthorKind.MERCHANT,
    TicketStatus.WAITING_FOR_PAYER: AuthorKind.PAYER,
}


class TicketMovedOn(DomainError):
    code = "ticket_moved_on"
    status = 409
    title = "The ticket has moved on since it was looked at."
    staff_words = _(
        "The ticket has moved on since you opened it. Nothing was sent: read what is new."
    )


class TicketClosed(DomainError):
    code = "ticket_closed"
    status = 409
    title = "The ticket is closed."
    staff_words = _("The ticket is closed. Open another one, or write a note.")


@transaction.atomic
def add_message(
    *,
    ticket_id: UUID,
    body: str,
    author: Author,
    channel: Channel,
    now: datetime,
    is_internal: bool = False,
    language: str = "",
    message_id: str = "",
    then: str = "",
    seen: int | None = None,
) -> TicketMessage:
    """Write into a ticket, or into the one that it was merged into; `message.ticket` says which.

    A customer's word opens a resolved ticket again within REOPENS_FOR, unless the same was asked in
    another one since: then it goes on there. After that, and of a closed one, it opens another
    ticket, linked with this one. An answer by staff is told to the merchant.

    Args:
        is_internal: a note among staff. It neither answers nor moves anything.
        then: the status that an answer by staff leaves it in; "" for open, if it was new.
        seen: the ticket's `sequence` when the author looked at it. What others said or did since
            then refuses an answer.

    Raises:
        TicketNotFound, MessageEmpty, TicketMoveNotAllowed, TicketAlreadyOpen.
        TicketMovedOn: see `seen`.
        TicketClosed: staff answer, and nobody is there any more.
    """
    ticket = lock_ticket(ticket_id, follow=True)
    if seen is not None and _moved_on(ticket, seen, author):
        raise TicketMovedOn
    if author.is_customer and not _is_awake(ticket, now):
        return _follow_up(
            ticket, body, author=author, channel=channel, message_id=message_id, now=now
        )
    if ticket.status == TicketStatus.CLOSED and not is_internal:
        raise TicketClosed
    message = write_message(
        ticket,
        body,
        author=author,
        channel=channel,
        language=language,
        is_internal=is_internal,
        message_id=message_id,
        now=now,
    )
    if author.is_customer:
        _heard_customer(ticket, author=author, now=now)
    elif author.kind == AuthorKind.STAFF and not is_internal:
        _answer(ticket, then, author=author, now=now)
        tell_by_email(ticket, message, "ticket_answer", now=now)
    keep_clocks(ticket, now=now)
    ticket.save()
    if author.kind == AuthorKind.STAFF:
        record(
            actor=author.actor,
            action="ticket.note" if is_internal else "ticket.answer",
            target=ticket.public_id,
            detail={"message": message.public_id},
            now=now,
        )
    return message


def _moved_on(ticket: Ticket, seen: int, author: Author) -> bool:
    since = TicketEvent.objects.filter(ticket=ticket, number__gt=seen, kind__in=CONVERSATION)
    return since.exclude(actor=author.actor).exists()


def _is_awake(ticket: Ticket, now: datetime) -> bool:
    if ticket.status == TicketStatus.RESOLVED and ticket.resolved_at is not None:
        return now - ticket.resolved_at <= REOPENS_FOR and not ticket.asked_again().exists()
    return ticket.status != TicketStatus.CLOSED


def _heard_customer(ticket: Ticket, *, author: Author, now: datetime) -> None:
    is_waited_for = WAITED_FOR.get(TicketStatus(ticket.status)) == author.kind
    if ticket.status == TicketStatus.RESOLVED or is_waited_for:
        move(ticket, TicketStatus.OPEN, author=author, now=now)
    ticket.unanswered_since = ticket.unanswered_since or now


def _answer(ticket: Ticket, then: str, *, author: Author, now: datetime) -> None:
    ticket.first_answered_at = ticket.first_answered_at or now
    ticket.unanswered_since = None
    to = then or (TicketStatus.OPEN if ticket.status == TicketStatus.NEW else ticket.status)
    if to != ticket.status:
        move(ticket, to, author=author, now=now)
    tell_merchant(ticket, ANSWERED, now=now)
    if then == TicketStatus.RESOLVED:
        tell_merchant(ticket, RESOLVED, now=now)


def _follow_up(
    before: Ticket,
    body: str,
    *,
    author: Author,
    channel: Channel,
    message_id: str,
    now: datetime,
) -> TicketMessage:
    """The customer came back too late for this ticket: another one, linked with it."""
    about = read_subject(before.about_type, before.about_id) if before.about_id else None
    order = TicketOrder(
        requester_kind=RequesterKind(before.requester_kind),
        merchant_id=before.merchant_id,
        livemode=before.livemode,
        subject=subject_of(before),
        body=body,
        category=before.category,
        language=before.language,
        priority=before.priority,
        about=about,
        contact=as_written(contact_of(before)),
    )
    try:
        ticket = open_ticket(order, author=author, channel=channel, message_id=message_id, now=now)
    except TicketAlreadyOpen:
        # She has asked again about the same payment since: her word belongs there.
        return add_message(
            ticket_id=before.asked_again().get().pk,
            body=body,
            author=author,
            channel=channel,
            message_id=message_id,
            now=now,
        )
    TicketLink.objects.create(
        ticket=ticket,
        other=before,
        kind=TicketLink.Kind.FOLLOW_UP,
        actor=author.actor,
        created_at=now,
    )
    for one, other in ((ticket, before), (before, ticket)):
        write_event(
            one,
            EventKind.LINKED,
            author=author,
            now=now,
            data={"kind": str(TicketLink.Kind.FOLLOW_UP), "ticket": other.public_id},
        )
        one.save(update_fields=["sequence", "updated_at"])
    return ticket.messages.get()
