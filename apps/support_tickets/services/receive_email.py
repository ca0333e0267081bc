from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.core.errors import DomainError
from apps.core.public_ids import first_id_at
from apps.support_tickets.models import (
    AuthorKind,
    Channel,
    RequesterKind,
    Ticket,
    TicketCategory,
    TicketMessage,
)
from apps.support_tickets.rules.author import SYSTEM, Author
from apps.support_tickets.rules.contact import ContactInvalid, mask_contact, read_contact
from apps.support_tickets.rules.read_email import ReceivedEmail, read_email
from apps.support_tickets.rules.texts import CONTACT_INDEX, contact_of
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from apps.support_tickets.services.tell_by_email import tell_by_email
from apps.vault.blind_index import search_index

# From one address in an hour. More is a loop, or somebody who means harm.
TICKETS_AN_HOUR_MAX = 5
MESSAGES_AN_HOUR_MAX = 20
HOUR = timedelta(hours=1)

NO_TEXT = "…"


class EmailRefused(Exception):
    """No ticket is made of it. Says why, and nothing of who wrote what."""


def receive_email(raw: bytes, *, now: datetime) -> TicketMessage | None:
    """Make an e-mail a message of the ticket that it answers, or a ticket of its own.

    An answer that comes from another address than the ticket's, or as a colleague's, is a note:
    staff decide what it is worth. The same e-mail twice is one message: None.

    Raises:
        EmailRefused: a program wrote it, or too many come from there; nothing was recorded.
    """
    address = parseaddr(settings.SUPPORT_ADDRESS)[1]
    try:
        email = read_email(raw, own_address=address, language=settings.LANGUAGE_CODE[:2])
    except Exception as error:
        # The parsers of others, with what strangers wrote for them.
        raise EmailRefused("it cannot be read") from error
    if email.written_by_program:
        raise EmailRefused("a program wrote it")
    try:
        contact = read_contact(email.sender)
    except ContactInvalid:
        raise EmailRefused("nobody could be answered") from None
    if not contact:
        raise EmailRefused("nobody could be answered")
    if TicketMessage.objects.filter(message_id=email.message_id).exists():
        return None
    try:
        with transaction.atomic():
            return _record(email, contact, now=now)
    except IntegrityError:
        # Another worker had the same one at the same moment.
        if TicketMessage.objects.filter(message_id=email.message_id).exists():
            return None
        raise


def _record(email: ReceivedEmail, contact: str, *, now: datetime) -> TicketMessage:
    index = search_index(contact, purpose=CONTACT_INDEX)
    author = Author(AuthorKind.PAYER, f"email:{index.hex()[:32]}")
    ticket = _ticket_of(email)
    if ticket is None:
        message = _open(email, contact, index, author=author, now=now)
        tell_by_email(message.ticket, message, "ticket_received", now=now)
    # Who writes as staff has signed in: a sender's address does not.
    elif contact_of(ticket) == contact and ticket.requester_kind != RequesterKind.STAFF:
        _check_few(ticket, author.actor, now)
        author = Author(AuthorKind(ticket.requester_kind), author.actor)
        message = _add(ticket.pk, email.text or NO_TEXT, email, author=author, now=now)
    else:
        _check_few(ticket, SYSTEM.actor, now)
        author = SYSTEM
        note = f"{mask_contact(contact)}:\n{email.text or NO_TEXT}"
        message = _add(ticket.pk, note, email, author=author, now=now, is_internal=True)
    _attach(message, email, author=author, now=now)
    return message


def _ticket_of(email: ReceivedEmail) -> Ticket | None:
    if email.ticket_id is not None:
        return Ticket.objects.filter(pk=email.ticket_id).first()
    if email.answered_id is not None:
        return Ticket.objects.filter(messages=email.answered_id).first()
    return None


def _open(
    email: ReceivedEmail, contact: str, index: bytes, *, author: Author, now: datetime
) -> TicketMessage:
    recent = Ticket.objects.filter(contact_index=index, id__gte=first_id_at(now - HOUR))
    if recent.count() >= TICKETS_AN_HOUR_MAX:
        raise EmailRefused("too many tickets of one address")
    order = TicketOrder(
        requester_kind=RequesterKind.PAYER,
        subject=email.subject or NO_TEXT,
        body=email.text or NO_TEXT,
        category=TicketCategory.OTHER,
        language=email.language,
        livemode=True,
        contact=contact,
    )
    ticket = open_ticket(
        order, author=author, channel=Channel.EMAIL, message_id=email.message_id, now=now
    )
    return ticket.messages.get()


def _add(
    ticket_id: UUID,
    body: str,
    email: ReceivedEmail,
    *,
    author: Author,
    now: datetime,
    is_internal: bool = False,
) -> TicketMessage:
    return add_message(
        ticket_id=ticket_id,
        body=body,
        author=author,
        channel=Channel.EMAIL,
        language=email.language,
        message_id=email.message_id,
        is_internal=is_internal,
        now=now,
    )


def _check_few(ticket: Ticket, actor: str, now: datetime) -> None:
    recent = ticket.messages.filter(
        id__gte=first_id_at(now - HOUR), channel=Channel.EMAIL, actor=actor
    )
    if recent.count() >= MESSAGES_AN_HOUR_MAX:
        raise EmailRefused("too many messages of one address")


def _attach(message: TicketMessage, email: ReceivedEmail, *, author: Author, now: datetime) -> None:
    """Keep the files that may be kept, and say of the others that they came."""
    refused = []
    for name, content in email.files:
        try:
            with transaction.atomic():
                add_attachment(
                    ticket_id=message.ticket_id,
                    name=name,
                    content=content,
                    author=author,
                    message=message,
                    is_internal=message.is_internal,
                    now=now,
                )
        except DomainError as error:
            refused.append(f"{name[:100]}: {error.code}")
    if refused:
        add_message(
            ticket_id=message.ticket_id,
            body="\n".join(refused),
            author=SYSTEM,
            channel=Channel.EMAIL,
            is_internal=True,
            now=now,
        )
