"""The queues of settlements: periods to be closed, and what was closed to be paid."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.settlement.models import Settlement, SettlementCycle

CLOSE = "settlement.close"
PAY = "settlement.pay"
# What fails in a way nobody foresaw is tried for an hour, and is then a person's
# (selectors.find_failing).
CLOSE_FAILURES_MAX = 12
PAY_FAILURES_MAX = 60
DUE_CYCLES = LeasedRows(
    SettlementCycle, "due_at", put_off=timedelta(minutes=5), failures_max=CLOSE_FAILURES_MAX
)
DUE_SETTLEMENTS = LeasedRows(
    Settlement, "due_at", put_off=timedelta(minutes=1), failures_max=PAY_FAILURES_MAX
)
