"""The queue of the balances to be read."""

from __future__ import annotations

from datetime import timedelta

from apps.core.work.leased_rows import LeasedRows
from apps.floats.models import FloatWatch

TOPIC = "float.read"
DUE_READINGS = LeasedRows(FloatWatch, "due_at", put_off=timedelta(minutes=1))
