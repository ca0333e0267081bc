"""What people wrote, as it is kept: encrypted, each under its own row."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.support_tickets.models import Ticket, TicketAttachment, TicketMessage
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt

SUBJECT_CONTEXT = "support_tickets_ticket.subject"
CONTACT_CONTEXT = "support_tickets_ticket.contact"
CONTACT_INDEX = "ticket_contact"
COMMENT_CONTEXT = "support_tickets_ticket.csat_comment"
BODY_CONTEXT = "support_tickets_ticketmessage.body"
FILE_NAME_CONTEXT = "support_tickets_ticketattachment.name"
FILE_CONTEXT = "support_tickets_ticketattachment.content"


def subject_of(ticket: Ticket) -> str:
    return _read(ticket.subject_encrypted, SUBJECT_CONTEXT, ticket.pk)


def contact_of(ticket: Ticket) -> str:
    """In clear: for who may see it."""
    return _read(ticket.contact_encrypted, CONTACT_CONTEXT, ticket.pk)


def comment_of(ticket: Ticket) -> str:
    return _read(ticket.csat_comment_encrypted, COMMENT_CONTEXT, ticket.pk)


def body_of(message: TicketMessage) -> str:
    return _read(message.body_encrypted, BODY_CONTEXT, message.pk)


def file_name_of(attachment: TicketAttachment) -> str:
    return _read(attachment.name_encrypted, FILE_NAME_CONTEXT, attachment.pk)


def _read(encrypted: bytes | memoryview, context: str, row_id: UUID) -> str:
    """ "" of nothing. A conversation stays readable though one text of it is not."""
    if not encrypted:
        return ""
    try:
        return decrypt(encrypted, context=context, row_id=row_id)
    except (DecryptionFailed, EncryptionKeyMissing):
        return _("(This text does not open: its key is missing, or it was altered.)")
