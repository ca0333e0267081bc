from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation

from apps.payments.models import Payment
from apps.support_tickets.models import Channel, RequesterKind, Ticket, TicketMessage
from apps.support_tickets.rules.author import Author, payer_author
from apps.support_tickets.rules.contact import contact_fields, read_contact
from apps.support_tickets.rules.payer_words import SENTENCES
from apps.support_tickets.rules.subjects import Subject
from apps.support_tickets.selectors.lock_ticket import lock_ticket
from apps.support_tickets.selectors.payer_ticket import payer_ticket
from apps.support_tickets.services.add_attachment import add_attachment
from apps.support_tickets.services.add_message import add_message
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from apps.support_tickets.transitions import TicketAlreadyOpen


@dataclass(frozen=True, slots=True)
class PayerWord:
    """What a payer wrote. `file`: its name and content."""

    body: str
    category: str
    language: str
    contact: str = ""
    file: tuple[str, bytes] | None = None


@transaction.atomic
def write_as_payer(*, payment: Payment, word: PayerWord, now: datetime) -> TicketMessage:
    """What the payer of a payment writes to support: the first word opens a ticket, the next ones
    go on in it. All of it is kept, or nothing.

    Raises:
        MessageEmpty, ContactInvalid.
        AttachmentTooLarge, AttachmentEmpty, AttachmentTypeRefused, AttachmentsFull.
    """
    author = payer_author(payment.public_id)
    message = _write(payment, word, author=author, now=now)
    if word.file is not None:
        name, content = word.file
        add_attachment(
            ticket_id=message.ticket_id,
            name=name,
            content=content,
            author=author,
            message=message,
            now=now,
        )
    return message


def _write(payment: Payment, word: PayerWord, *, author: Author, now: datetime) -> TicketMessage:
    if payer_ticket(payment.pk) is None:
        try:
            return _open(payment, word, author=author, now=now)
        except TicketAlreadyOpen:
            # The same form twice at the same moment.
            pass
    ticket = payer_ticket(payment.pk)
    assert ticket is not None  # noqa: S101 (for the type checker: none is ever deleted)
    message = add_message(
        ticket_id=ticket.pk,
        body=word.body,
        author=author,
        channel=Channel.PAGE,
        language=word.language,
        now=now,
    )
    _keep_contact(message, word, payment)
    return message


def _open(payment: Payment, word: PayerWord, *, author: Author, now: datetime) -> TicketMessage:
    with translation.override(word.language):
        subject = str(SENTENCES[word.category])
    order = TicketOrder(
        requester_kind=RequesterKind.PAYER,
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        subject=subject,
        body=word.body,
        category=word.category,
        language=word.language,
        contact=word.contact,
        country=payment.country,
        about=Subject(
            "payment", payment.pk, payment.merchant_id, payment.livemode, payment.public_id
        ),
    )
    return open_ticket(order, author=author, channel=Channel.PAGE, now=now).messages.get()


def _keep_contact(message: TicketMessage, word: PayerWord, payment: Payment) -> None:
    """The last contact given is the one she can be reached by."""
    contact = read_contact(word.contact, country=payment.country)
    if not contact:
        return
    ticket: Ticket = lock_ticket(message.ticket_id)
    fields = contact_fields(contact, row_id=ticket.pk)
    for name, value in fields.items():
        setattr(ticket, name, value)
    ticket.save(update_fields=list(fields))
