from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from apps.reconciliation.rules.plain_lines import NAMED, REMEMBER_PLAIN, TAKE_PLAIN, find_named


def match_plain_lines(
    references: Sequence[str], values: Mapping[str, Any], *, lines: str, is_incoming: bool
) -> None:
    """Match the lines of a report about which there is no question: nearly all of them.

    Only the first time it is matched, and only where no other report covers its days: a newer one
    would have a word on every line. Within match_lines' transaction: leaves them in
    `matching_plain`. Lines that are still coming in are written later, with their match.

    Args:
        values: as match_lines has them.
        lines: a table of the report's own lines alone; what others say of the same movements is in
            `matching_line`.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.matching_named")
        cursor.execute(NAMED)
        for number, reference in enumerate(references):
            cursor.execute(find_named(reference, references[:number], lines=lines), values)
            cursor.execute("ANALYZE matching_named")
        cursor.execute(TAKE_PLAIN.format(lines=lines), values)
        if not cursor.rowcount:
            return
        cursor.execute("ANALYZE matching_plain")
        if not is_incoming:
            cursor.execute(REMEMBER_PLAIN)
