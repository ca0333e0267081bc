from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.core.hours import HOUR
from apps.reporting.models import ReportedHour
from apps.reporting.selectors.lock_watermark import lock_watermark


def count_costs_again(*, account_id: UUID, since: datetime, now: datetime) -> None:
    """Another cost was agreed for an account, from a time on that is past: the hours since then are
    counted again, in the background. Those of all accounts: an hour is counted as a whole."""
    del account_id
    # Whoever counts one of them now reads what was agreed before, and would take the mark away.
    lock_watermark()
    ReportedHour.objects.filter(hour__gt=since - HOUR, changed_at=None).update(changed_at=now)
