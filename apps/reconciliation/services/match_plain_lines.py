from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from apps.reconciliation.rules.plain_lines import (
    NOT_ONE_ATTEMPT,
    NOT_ONE_LINE,
    REMEMBER_PLAIN,
    REPEATED,
    STANDS_ELSEWHERE,
    find_named,
)


def match_plain_lines(
    references: Sequence[str],
    values: Mapping[str, Any],
    *,
    lines: str,
    count: int,
    is_incoming: bool,
) -> None:
    """Match the lines of a report about which there is no question: nearly all of them.

    Only the first time it is matched, and only where no other report covers its days: a newer one
    would have a word on every line. Within match_lines' transaction: leaves each line in
    `matching_named`, and says of which there is none. Lines that are still coming in are written
    later, with their match.

    Args:
        values: as match_lines has them.
        lines: a table of the report's own lines alone; what others say of the same movements is in
            `matching_line`.
        count: how many lines the report has.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.matching_repeated")
        cursor.execute(REPEATED.format(lines=lines))
        cursor.execute("ANALYZE matching_repeated")
        for number, reference in enumerate(references):
            cursor.execute(find_named(reference, references[:number], lines=lines), values)
            found = cursor.rowcount
            cursor.execute("ANALYZE matching_named")
            if found != (0 if number else count):
                for step in NOT_ONE_ATTEMPT:
                    cursor.execute(step)
        cursor.execute(NOT_ONE_LINE)
        cursor.execute(STANDS_ELSEWHERE, values)
        if not is_incoming:
            cursor.execute(REMEMBER_PLAIN)
