from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.core.clean_text import clean_text
from apps.core.errors import DomainError
from apps.core.public_ids import new_id_at
from apps.support_tickets.models import Channel, Ticket, TicketMessage
from apps.support_tickets.rules.author import Author
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.texts import BODY_CONTEXT
from apps.support_tickets.transitions import write_event
from apps.vault.encryption import encrypt


class MessageEmpty(DomainError):
    code = "message_empty"
    status = 422
    title = "The message has no text."
    staff_words = _("The message has no text.")


def write_message(
    ticket: Ticket,
    body: str,
    *,
    author: Author,
    channel: Channel,
    language: str = "",
    is_internal: bool = False,
    message_id: str = "",
    now: datetime,
) -> TicketMessage:
    """Add what somebody wrote to a locked (or new) ticket, and to its history. It answers nobody
    and moves nothing; the caller saves the ticket.

    Raises MessageEmpty.
    """
    text = clean_text(body)
    if not text:
        raise MessageEmpty("Write what it is about.", field="body")
    row_id = new_id_at(now)
    message = TicketMessage.objects.create(
        id=row_id,
        ticket=ticket,
        author_kind=author.kind,
        actor=author.actor,
        author_id=author.user_id,
        channel=channel,
        is_internal=is_internal,
        language=language or ticket.language,
        body_encrypted=encrypt(text, context=BODY_CONTEXT, row_id=row_id),
        message_id=message_id,
        created_at=now,
    )
    kind = EventKind.NOTE if is_internal else EventKind.MESSAGE
    write_event(ticket, kind, author=author, now=now, message=message)
    return message
