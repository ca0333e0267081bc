from __future__ import annotations

from django.db import connection


def lock_new_merchants() -> None:
    """One merchant is made at a time, until the transaction ends: of two clicks at the same moment
    the second finds the merchant of the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('merchants.new', 0))")
