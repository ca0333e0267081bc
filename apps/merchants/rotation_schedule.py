"""When a key is rotated by itself. Pure arithmetic."""

from __future__ import annotations

from datetime import datetime, timedelta

ROTATION_DAYS_MAX = 365
# A successor is offered this long before the old key falls due; half the interval, if that is less.
NOTICE_MAX = timedelta(days=7)
# No key ends sooner after the last warning.
LAST_WARNING = timedelta(hours=24)


def notice(rotate_every_days: int) -> timedelta:
    """From the offer of a successor to the end of the old key: at least a day."""
    return max(LAST_WARNING, min(NOTICE_MAX, timedelta(days=rotate_every_days) / 2))


def rotation_start(
    rotate_every_days: int | None, *, issued_at: datetime, expires_at: datetime | None
) -> datetime | None:
    """When the rotation of a key issued then begins; None if it never does.

    The key falls due `rotate_every_days` after it was issued; a key of one day half a day later,
    for its notice is a day. A key that ends by itself before needs no rotation.
    """
    if rotate_every_days is None:
        return None
    interval = timedelta(days=rotate_every_days)
    start = issued_at + max(interval / 2, interval - notice(rotate_every_days))
    if expires_at is not None and expires_at <= start + notice(rotate_every_days):
        return None
    return start
