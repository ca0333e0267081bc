from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from apps.reconciliation.models import Statement
from apps.reconciliation.rules.plain_lines import (
    LEAVE_OTHERS,
    REMEMBER_PLAIN,
    TAKE_PLAIN,
    find_named,
)


def match_plain_lines(
    statement: Statement, references: Sequence[str], values: Mapping[str, Any]
) -> None:
    """Match the lines of a report about which there is no question: nearly all of them.

    Only the first time it is matched, and only where no other report covers its days: a newer one
    would have a word on every line. Within match_lines' transaction: takes them out of
    `matching_line` and leaves them in `matching_plain`. `values`: as match_lines has them.
    """
    if statement.status != Statement.Status.STAGED:
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.matching_named, pg_temp.matching_other")
        cursor.execute(find_named(references), values)
        cursor.execute("ANALYZE matching_named")
        cursor.execute(TAKE_PLAIN, values)
        if not cursor.rowcount:
            return
        cursor.execute("ANALYZE matching_plain")
        cursor.execute(REMEMBER_PLAIN)
        for step in LEAVE_OTHERS:
            cursor.execute(step)
