"""Where replies are counted: one hash in Redis for each minute, a field an account and result."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

# What is looked at, and how long a minute is kept.
WINDOW = timedelta(minutes=10)
KEPT_S = int(WINDOW.total_seconds()) + 60

INSTRUCTIONS = "instructions"
TROUBLED = "troubled"


def minute_of(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def key_of(minute: datetime) -> str:
    return f"routing:replies:{minute:%Y%m%d%H%M}"


def field_of(account_id: UUID, what: str) -> str:
    return f"{account_id}:{what}"
