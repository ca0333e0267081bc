"""Batches' own queues: those to expire, to start and to send, and those whose payouts may have
ended; and the payees whose names are to be compared with what the rail says."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.payout_batches.models import NameCheck, PayoutBatch

TOPIC = "payout_batch.run"
NAMES_TOPIC = "payout_batch.check_name"
DUE_BATCHES = LeasedRows(PayoutBatch, "due_at", put_off=timedelta(seconds=15))
DUE_NAMES = LeasedRows(NameCheck, "due_at", put_off=timedelta(seconds=15))
