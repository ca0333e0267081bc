"""The hour in which something was made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import Func

HOUR = timedelta(hours=1)

# The same of a row's `created_at`, as an index has it. With an amount behind it the index finds
# what was made about then for about so much, however long the table is: neither alone would.
CREATED_HOUR = Func(
    "created_at",
    template="date_bin('1 hour', %(expressions)s, '2000-01-01 00:00:00+00'::timestamptz)",
)


def hour_of(moment: datetime) -> datetime:
    """The beginning of its hour, of UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
