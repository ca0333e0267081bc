from __future__ import annotations

from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.support_tickets.models import RequesterKind, Ticket
from apps.support_tickets.selectors.lock_ticket import TicketNotFound


def find_ticket(public_id: str, *, caller: Caller) -> Ticket:
    """The caller's own ticket. Another's, and what one of its payers told us, is not found, like
    one that never was. One query."""
    return find_own(
        Ticket.objects.filter(requester_kind=RequesterKind.MERCHANT),
        public_id,
        prefix="tic",
        caller=caller,
        not_found=TicketNotFound,
    )
