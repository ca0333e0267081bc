from __future__ import annotations

from django.db import connection


def read_horizon() -> tuple[int, int]:
    """The oldest transaction that still writes, and the next there will be (ADR 11)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(seen)::text::bigint, pg_snapshot_xmax(seen)::text::bigint"
            "  FROM pg_current_snapshot() seen"
        )
        oldest, following = cursor.fetchone()
    return oldest, following
