from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.services.record import record
from apps.core.clean_text import clean_line
from apps.core.public_ids import new_id_at
from apps.support_tickets.models import (
    Channel,
    RequesterKind,
    Ticket,
    TicketPriority,
    TicketStatus,
)
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.contact import contact_fields, read_contact
from apps.support_tickets.rules.event_types import CREATED
from apps.support_tickets.rules.subjects import Subject
from apps.support_tickets.rules.texts import SUBJECT_CONTEXT
from apps.support_tickets.services.keep_clocks import keep_clocks
from apps.support_tickets.services.tell_merchant import tell_merchant
from apps.support_tickets.services.write_message import MessageEmpty, write_message
from apps.support_tickets.transitions import TicketAlreadyOpen, move
from apps.vault.encryption import encrypt


@dataclass(frozen=True, slots=True)
class TicketOrder:
    """What somebody wants, checked for shape. `contact`: as people write it, "" for none;
    `country`: of a telephone number in it that is written without its country's code."""

    requester_kind: RequesterKind
    subject: str
    body: str
    category: str
    language: str
    livemode: bool
    merchant_id: UUID | None = None
    about: Subject | None = None
    priority: str = TicketPriority.NORMAL
    contact: str = ""
    country: str = ""


@transaction.atomic
def open_ticket(
    order: TicketOrder, *, author: Author, channel: Channel, now: datetime, message_id: str = ""
) -> Ticket:
    """A new ticket with its first message; its merchant is told of one of its own.

    Raises ContactInvalid, MessageEmpty, TicketAlreadyOpen: nothing was recorded.
    """
    subject = clean_line(order.subject)
    if not subject:
        raise MessageEmpty("Say in a line what it is about.", field="subject")
    contact = read_contact(order.contact, country=order.country)
    ticket_id = new_id_at(now)
    ticket = Ticket(
        id=ticket_id,
        merchant_id=order.merchant_id,
        livemode=order.livemode,
        requester_kind=order.requester_kind,
        language=order.language,
        subject_encrypted=encrypt(subject, context=SUBJECT_CONTEXT, row_id=ticket_id),
        category=order.category,
        priority=order.priority,
        status=TicketStatus.NEW,
        about_type=order.about.type if order.about else "",
        about_id=order.about.id if order.about else None,
        created_at=now,
        updated_at=now,
        unanswered_since=now,
        **(contact_fields(contact, row_id=ticket_id) if contact else {}),
    )
    try:
        with transaction.atomic():
            ticket.save(force_insert=True)
    except IntegrityError as error:
        if "ticket_of_payer_once" not in str(error):
            raise
        raise TicketAlreadyOpen from None
    ticket.status = ""
    move(ticket, TicketStatus.NEW, author=author, now=now)
    write_message(
        ticket, order.body, author=author, channel=channel, message_id=message_id, now=now
    )
    keep_clocks(ticket, now=now)
    ticket.save(update_fields=["status", "priority", "sequence", "updated_at"])
    record(
        actor=author.actor,
        action="ticket.open",
        target=ticket.public_id,
        detail={
            "category": str(order.category),
            "requester": str(order.requester_kind),
            "about": order.about.public_id if order.about else "",
        },
        now=now,
    )
    tell_merchant(ticket, CREATED, now=now)
    return ticket
