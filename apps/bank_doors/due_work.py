"""The queue of bank files to be delivered."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.settlement.models import BankFile

# A bank's server is away for hours: for six, and then it is a person's
# (apps.settlement.selectors.find_undelivered).
FAILURES_MAX = 24
DUE_BANK_FILES = LeasedRows(
    BankFile, "delivery_due_at", put_off=timedelta(minutes=15), failures_max=FAILURES_MAX
)
