from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def planned_for_its_values() -> Iterator[None]:
    """Within, PostgreSQL plans each statement for the very values it has.

    A prepared statement may keep one plan for all values. What staff filter by is common or rare:
    where a plan for all expects to find a page of it soon, a rare one is looked for in every row,
    and no index of a part of the rows can be in it. For lists and counts that people ask for,
    where planning anew costs nothing that they notice.
    """
    connection.ensure_connection()
    line = connection.connection
    kept, line.prepare_threshold = line.prepare_threshold, None
    try:
        yield
    finally:
        line.prepare_threshold = kept
