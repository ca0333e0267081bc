from __future__ import annotations

from uuid import UUID

from apps.support_tickets.models import RequesterKind, Ticket


def payer_ticket(payment_id: UUID) -> Ticket | None:
    """The ticket that the payer of this payment sees: the newest, or the one it goes on in; None
    where nothing was written yet. One query."""
    newest = (
        Ticket.objects.filter(
            about_type="payment", about_id=payment_id, requester_kind=RequesterKind.PAYER
        )
        .select_related("merged_into")
        .order_by("-id")
        .first()
    )
    return newest.merged_into or newest if newest else None
