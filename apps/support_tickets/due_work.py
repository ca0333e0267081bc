"""Which clocks are due: those of which something is to be said. Who looks sets the next look."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.support_tickets.models import TicketClock

DUE_CLOCKS = LeasedRows(TicketClock, "next_look_at", put_off=timedelta(minutes=10))
