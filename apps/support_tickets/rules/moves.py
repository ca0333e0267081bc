"""Which moves a ticket has."""

from __future__ import annotations

from collections.abc import Mapping

from apps.support_tickets.models import TicketStatus

WAITING = frozenset(
    {
        TicketStatus.WAITING_FOR_MERCHANT,
        TicketStatus.WAITING_FOR_PAYER,
        TicketStatus.WAITING_FOR_PROVIDER,
    }
)

ENDS = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})
_WORKED_ON = frozenset({TicketStatus.OPEN, *WAITING, *ENDS})

TICKET_MOVES: Mapping[str, frozenset[str]] = {
    "": frozenset({TicketStatus.NEW}),
    TicketStatus.NEW: _WORKED_ON,
    TicketStatus.OPEN: _WORKED_ON - {TicketStatus.OPEN},
    TicketStatus.WAITING_FOR_MERCHANT: _WORKED_ON - {TicketStatus.WAITING_FOR_MERCHANT},
    TicketStatus.WAITING_FOR_PAYER: _WORKED_ON - {TicketStatus.WAITING_FOR_PAYER},
    TicketStatus.WAITING_FOR_PROVIDER: _WORKED_ON - {TicketStatus.WAITING_FOR_PROVIDER},
    # The customer says that it is not done.
    TicketStatus.RESOLVED: frozenset({TicketStatus.OPEN, TicketStatus.CLOSED}),
    # Whoever comes back then opens another one.
    TicketStatus.CLOSED: frozenset(),
}
