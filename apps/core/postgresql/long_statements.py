from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection


@contextmanager
def long_statements(seconds: float | None = None) -> Iterator[None]:
    """Within it this thread's statements may take so long, if nothing is said
    settings.LONG_STATEMENT_S: files, matching, the books. Inside a transaction only: the server's
    limit ends with it."""
    seconds = settings.LONG_STATEMENT_S if seconds is None else seconds
    limit = f"{round(seconds * 1000)}ms"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true),"
            " set_config('idle_in_transaction_session_timeout', %s, true)",
            [limit, limit],
        )
    line = connection.connection
    before, line.statement_s = line.statement_s, seconds
    try:
        yield
    finally:
        line.statement_s = before
