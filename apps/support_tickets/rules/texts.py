"""What people wrote, as it is kept: encrypted, each under its own row."""

from __future__ import annotations

from apps.support_tickets.models import Ticket, TicketAttachment, TicketMessage
from apps.vault.readable_text import readable_text

SUBJECT_CONTEXT = "support_tickets_ticket.subject"
CONTACT_CONTEXT = "support_tickets_ticket.contact"
CONTACT_INDEX = "ticket_contact"
COMMENT_CONTEXT = "support_tickets_ticket.csat_comment"
BODY_CONTEXT = "support_tickets_ticketmessage.body"
FILE_NAME_CONTEXT = "support_tickets_ticketattachment.name"
FILE_CONTEXT = "support_tickets_ticketattachment.content"


def subject_of(ticket: Ticket) -> str:
    return readable_text(ticket.subject_encrypted, context=SUBJECT_CONTEXT, row_id=ticket.pk)


def contact_of(ticket: Ticket) -> str:
    """In clear: for who may see it."""
    return readable_text(ticket.contact_encrypted, context=CONTACT_CONTEXT, row_id=ticket.pk)


def comment_of(ticket: Ticket) -> str:
    return readable_text(ticket.csat_comment_encrypted, context=COMMENT_CONTEXT, row_id=ticket.pk)


def body_of(message: TicketMessage) -> str:
    return readable_text(message.body_encrypted, context=BODY_CONTEXT, row_id=message.pk)


def file_name_of(attachment: TicketAttachment) -> str:
    return readable_text(attachment.name_encrypted, context=FILE_NAME_CONTEXT, row_id=attachment.pk)
