"""Disputes' own queue: merchants to remind, and dates that have passed without an answer."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.disputes.models import Dispute

DUE_DISPUTES = LeasedRows(Dispute, "due_at", put_off=timedelta(minutes=10))
