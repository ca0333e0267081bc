"""Approvals that end themselves, once nobody decided in time."""

from __future__ import annotations

from datetime import timedelta

from apps.approvals.models import Approval
from apps.core.work.leased_rows import LeasedRows

TOPIC = "approval.expire"
DUE_APPROVALS = LeasedRows(Approval, "due_at", put_off=timedelta(minutes=1))
