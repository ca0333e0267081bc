"""What a person says of a source."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import date, time

from apps.statement_sources.models import AfterFetch, Completeness, StatementSource


@dataclass(frozen=True, slots=True)
class SourceOrder:
    """What a person says of a source, by the names of its columns; times are the account's."""

    name: str
    poll_times: list[time]
    weekdays: list[int]
    latest_time: time
    name_pattern: str
    first_day: date
    is_enabled: bool = False
    day_offset: int = 0
    days_covered: int = 1
    completeness: str = Completeness.UNCHANGED
    marker_suffix: str = ""
    after_fetch: str = AfterFetch.LEAVE
    takes_corrections: bool = True
    size_max_mb: int = 200


def order_of(source: StatementSource) -> SourceOrder:
    """As it was said last."""
    return SourceOrder(**{one.name: getattr(source, one.name) for one in fields(SourceOrder)})


def order_digest(order: SourceOrder) -> str:
    return hashlib.sha256(repr(asdict(order)).encode()).hexdigest()
