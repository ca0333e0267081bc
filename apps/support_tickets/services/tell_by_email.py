from __future__ import annotations

from datetime import datetime

from apps.core.work.outbox import enqueue
from apps.support_tickets.models import Ticket, TicketMessage

TOPIC = "tickets.email"


def tell_by_email(ticket: Ticket, message: TicketMessage, template: str, *, now: datetime) -> None:
    """Promise the requester an e-mail about this message, if an address is known.

    Args:
        template: of templates/email, without its language.
    """
    if "@" in ticket.contact_masked:
        enqueue(TOPIC, message=str(message.pk), template=template, now=now)
