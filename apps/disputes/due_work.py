"""Disputes' own queues: merchants to remind, dates that have passed without an answer, and lines of
providers' files."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.disputes.models import Dispute, DisputeFileLine

DUE_DISPUTES = LeasedRows(Dispute, "due_at", put_off=timedelta(minutes=10))
DUE_LINES = LeasedRows(DisputeFileLine, "due_at", put_off=timedelta(minutes=10))
