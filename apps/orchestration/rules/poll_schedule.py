"""When to ask the provider again about an attempt that is not final."""

from __future__ import annotations

from datetime import datetime, timedelta

# Ages at which to ask, in seconds since the instruction was sent.
FIRST_ASKS_S = (10, 20, 30, 45, 60, 90)

# From this age on a person owns it.
PERSON_AFTER_S = 24 * 3600

# (until this age, ask this often), both in seconds. Beyond the last: once a day.
STEPS_S = ((15 * 60, 120), (PERSON_AFTER_S, 15 * 60), (3 * 24 * 3600, 3600))
LAST_STEP_S = 24 * 3600


def next_check_at(*, submitted_at: datetime, now: datetime) -> datetime:
    """The next instant to ask, always later than `now`."""
    age_s = (now - submitted_at).total_seconds()
    for ask_s in FIRST_ASKS_S:
        if ask_s > age_s:
            return submitted_at + timedelta(seconds=ask_s)
    for until_s, every_s in STEPS_S:
        if age_s < until_s:
            return now + timedelta(seconds=every_s)
    return now + timedelta(seconds=LAST_STEP_S)


def needs_person(*, submitted_at: datetime, now: datetime) -> bool:
    """Asked for a whole day without a final answer."""
    return (now - submitted_at).total_seconds() >= PERSON_AFTER_S
