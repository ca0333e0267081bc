from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from apps.core.postgresql.long_statements import long_statements
from apps.day_reports.models import MerchantDay
from apps.day_reports.rules.day_does_not_add import DayDoesNotAdd
from apps.day_reports.rules.day_line import DayLine
from apps.day_reports.selectors.day_totals import LINES

ROWS_AT_ONCE = 2_000
READ = f"""
DECLARE merchant_day_lines NO SCROLL CURSOR FOR
SELECT id, kind, amount, source_id, moved_at, rail, reference
  FROM ({LINES}) line ORDER BY moved_at, id
"""  # noqa: S608 (our own words)


@contextmanager
def open_day(day: MerchantDay) -> Iterator[Iterator[DayLine]]:
    """The lines of a day, to be read once, ROWS_AT_ONCE in memory at a time.

    Raises:
        DayDoesNotAdd: at their end, if they are not what the row says: nothing of it may leave.
    """
    values: dict[str, Any] = {
        "account_id": day.account_id,
        "begins_at": day.begins_at,
        "ends_at": day.ends_at,
        "horizon": day.horizon,
    }
    with transaction.atomic(), long_statements(), connection.cursor() as cursor:
        cursor.execute(READ, values)
        yield _lines(day)
        cursor.execute("CLOSE merchant_day_lines")


def _lines(day: MerchantDay) -> Iterator[DayLine]:
    count = amount = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"FETCH {ROWS_AT_ONCE} FROM merchant_day_lines")
            rows = cursor.fetchall()
        for row in rows:
            line = DayLine(count + 1, *row)
            count, amount = line.number, amount + line.amount
            yield line
        if len(rows) < ROWS_AT_ONCE:
            break
    if (count, amount) != (day.line_count, day.net):
        raise DayDoesNotAdd(f"day {day.pk}: {count} {amount}")
