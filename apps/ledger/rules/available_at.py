from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def available_at(paid_at: datetime, *, delay_days: int, zone: str) -> datetime | None:
    """When the merchant may ask for what was paid: as its day begins in `zone`, so many calendar
    days after the day of the payment. None: at once."""
    if not delay_days:
        return None
    local = paid_at.astimezone(ZoneInfo(zone))
    day = local.date() + timedelta(days=delay_days)
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
