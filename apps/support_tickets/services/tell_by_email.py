from __future__ import annotations

from datetime import datetime

from apps.core.work.outbox import enqueue
from apps.support_tickets.models import Ticket, TicketMessage

TOPIC = "tickets.email"


def tell_by_email(ticket: Ticket, message: TicketMessage, template: str, *, now: datetime) -> None:
    """Promise whoever asked an e-mail about this message, where an address is known: that of the
    ticket, and those of the tickets that were merged into it.

    Args:
        template: of templates/email, without its language.
    """
    told = set[bytes]()
    for one in (ticket, *ticket.merged.order_by("id")):
        index = bytes(one.contact_index)
        if "@" in one.contact_masked and index not in told:
            told.add(index)
            enqueue(TOPIC, message=str(message.pk), ticket=str(one.pk), template=template, now=now)
