from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from apps.reconciliation.rules.plain_lines import (
    LEAVE_OTHERS,
    NAMED,
    REMEMBER_PLAIN,
    TAKE_PLAIN,
    find_named,
)


def match_plain_lines(
    references: Sequence[str], values: Mapping[str, Any], *, is_incoming: bool
) -> None:
    """Match the lines of a report about which there is no question: nearly all of them.

    Only the first time it is matched, and only where no other report covers its days: a newer one
    would have a word on every line. Within match_lines' transaction: takes them out of
    `matching_line` and leaves them in `matching_plain`. `values`: as match_lines has them. Lines
    that are still coming in are written later, with their match.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.matching_named, pg_temp.matching_other")
        cursor.execute(NAMED)
        for number, reference in enumerate(references):
            cursor.execute(find_named(reference, references[:number]), values)
            cursor.execute("ANALYZE matching_named")
        cursor.execute(TAKE_PLAIN, values)
        if not cursor.rowcount:
            return
        cursor.execute("ANALYZE matching_plain")
        if not is_incoming:
            cursor.execute(REMEMBER_PLAIN)
        for step in LEAVE_OTHERS:
            cursor.execute(step)
