from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DayLine:
    """One movement of a day, in minor units: `amount` is negative where it was taken. `rail` is a
    connector's code, "" where no provider moved it; `reference` is the merchant's own."""

    number: int
    pk: UUID
    kind: str
    amount: int
    source_id: UUID
    moved_at: datetime
    rail: str
    reference: str
