"""Batches' own queue: those to expire, to start and to send, and those whose payouts may have
ended."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.payout_batches.models import PayoutBatch

TOPIC = "payout_batch.run"
DUE_BATCHES = LeasedRows(PayoutBatch, "due_at", put_off=timedelta(seconds=15))
