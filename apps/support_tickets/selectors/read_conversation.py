from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from apps.support_tickets.models import Ticket, TicketAttachment, TicketMessage

MESSAGES_MAX = 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """The newest messages of a ticket, oldest first, with the files of the whole ticket.

    `has_earlier`: there are older messages still.
    """

    messages: Sequence[TicketMessage]
    attachments: Sequence[TicketAttachment]
    has_earlier: bool


def read_conversation(
    ticket: Ticket, *, is_staff: bool = False, messages_max: int = MESSAGES_MAX
) -> Conversation:
    """What was said in a ticket and in those merged into it. Three queries.

    Args:
        is_staff: with internal notes and files; never for the other side.
    """
    of_ticket = Q(ticket__in=conversation_ids(ticket))
    messages = TicketMessage.objects.filter(of_ticket).select_related("author")
    attachments = TicketAttachment.objects.filter(of_ticket).defer("content_encrypted")
    if not is_staff:
        messages = messages.filter(is_internal=False)
        attachments = attachments.filter(is_internal=False)
    newest = list(messages.order_by("-id")[: messages_max + 1])
    return Conversation(
        messages=newest[:messages_max][::-1],
        attachments=list(attachments.order_by("id")),
        has_earlier=len(newest) > messages_max,
    )


def conversation_ids(ticket: Ticket) -> list[UUID]:
    """The ticket and what was merged into it. One query."""
    merged = Ticket.objects.filter(merged_into=ticket).values_list("pk", flat=True)
    return [ticket.pk, *merged]
