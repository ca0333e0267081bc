from __future__ import annotations

from datetime import datetime

from apps.core.public_ids import new_id
from apps.support_tickets.models import RequesterKind, Ticket
from apps.support_tickets.rules.representation import SupportTicketOutput
from apps.support_tickets.rules.texts import subject_of
from apps.vault.masked_text import mask_text
from apps.webhooks.services.announce_event import announce_event


def tell_merchant(ticket: Ticket, event_type: str, *, now: datetime) -> None:
    """Tell the merchant of a ticket of its own, as it is now, in the caller's transaction. What a
    payer or staff ask is not told."""
    if ticket.requester_kind != RequesterKind.MERCHANT or ticket.merchant_id is None:
        return
    announce_event(
        event_id=new_id(),
        merchant_id=ticket.merchant_id,
        livemode=ticket.livemode,
        type=event_type,
        object_id=ticket.pk,
        # An event is kept as it was sent.
        data=SupportTicketOutput.as_json(ticket, subject=mask_text(subject_of(ticket))),
        now=now,
    )
