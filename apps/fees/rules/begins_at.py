from __future__ import annotations

from datetime import datetime, timedelta

# How long a process charges by what it read before.
KEPT_S = 30.0
# Within it, every process has read what was decided: nothing begins sooner.
NOTICE = timedelta(seconds=2 * KEPT_S)


def begins_at(wanted: str, *, now: datetime) -> datetime:
    """When what was approved at `now` begins: as wanted (ISO 8601, "" for at once), but not before
    every process knows of it."""
    soonest = now + NOTICE
    return max(datetime.fromisoformat(wanted), soonest) if wanted else soonest
