"""The hour a row belongs to: that in which it was created, which its id begins with."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.core.hours import HOUR


def hour_sql(row_id: str) -> str:
    """apps.core.hours.hour_of when this UUIDv7 was made, in SQL."""
    return (
        f"date_trunc('hour', to_timestamp(('x' || replace(left({row_id}::text, 13), '-', ''))"
        "::bit(48)::bigint / 1000), 'UTC')"
    )


def counted_again_at(hour: datetime, counted_at: datetime) -> datetime:
    """When an hour that has changed is counted again.

    What was counted lately can wait the longer the older its hour is: however steadily news comes,
    each payment is counted a bounded number of times.
    """
    age = counted_at - hour
    wait = min(max(age / 2, timedelta(minutes=2)), HOUR)
    return counted_at + wait


def first_id_sql(moment: str) -> str:
    """The smallest UUIDv7 of this instant, in SQL: apps.core.public_ids.first_id_at."""
    milliseconds = f"(extract(epoch FROM {moment}) * 1000)::bigint"
    return f"(lpad(to_hex({milliseconds}), 12, '0') || '70008000000000000000')::uuid"
