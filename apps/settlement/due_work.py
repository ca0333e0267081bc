"""The queues of settlements: periods to be closed, and what was closed to be paid."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.settlement.models import Settlement, SettlementCycle

CLOSE = "settlement.close"
PAY = "settlement.pay"
DUE_CYCLES = LeasedRows(SettlementCycle, "due_at", put_off=timedelta(minutes=5))
DUE_SETTLEMENTS = LeasedRows(Settlement, "due_at", put_off=timedelta(minutes=1))
