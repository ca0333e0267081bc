"""How much of a promised time is used: only while the clock runs and the desk is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.support_tickets.rules.business_hours import (
    BusinessHours,
    after_open_seconds,
    epoch_s,
    open_seconds,
)


@dataclass(frozen=True, slots=True)
class Change:
    """From this instant on the clock runs, or stands."""

    at: datetime
    is_running: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """`due_at`: when the time is or was used up, going on as now; None while it stands, or when
    the desk is never open for so long. `remaining_s` is below zero once it is."""

    elapsed_s: int
    remaining_s: int
    due_at: datetime | None


def read_clock(
    hours: BusinessHours | None,
    changes: Sequence[Change],
    *,
    target_minutes: int,
    now: datetime,
) -> Reading:
    """The clock at `now`, to the second.

    Args:
        hours: None is around the clock.
        changes: in the order of their time; before the first one the clock stands.
    """
    past = [change for change in changes if change.at <= now]
    elapsed = elapsed_seconds(hours, past, now=now)
    target = target_minutes * 60
    return Reading(elapsed, target - elapsed, reached_at(hours, past, seconds=target))


def elapsed_seconds(
    hours: BusinessHours | None, changes: Sequence[Change], *, now: datetime
) -> int:
    ends = [change.at for change in changes[1:]] + [now]
    return sum(
        open_seconds(hours, change.at, end)
        for change, end in zip(changes, ends, strict=False)
        if change.is_running
    )


def reached_at(
    hours: BusinessHours | None, changes: Sequence[Change], *, seconds: int
) -> datetime | None:
    """The first instant at which so much has elapsed, if nothing changes after the last change."""
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        if not change.is_running:
            continue
        reached = after_open_seconds(hours, change.at, seconds)
        if following is None:
            return reached
        if reached is not None and epoch_s(reached) <= epoch_s(following.at):
            return reached
        seconds -= open_seconds(hours, change.at, following.at)
    return None
