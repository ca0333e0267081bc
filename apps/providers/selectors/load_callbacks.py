from __future__ import annotations

from collections.abc import Collection
from functools import cache
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row
from apps.providers.models import Callback


def load_callbacks(callback_ids: Collection[UUID]) -> list[Callback]:
    """These callbacks, as far as they are still kept. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_select(), [list(callback_ids)])
        return [map_row(Callback, row) for row in cursor.fetchall()]


@cache
def _select() -> str:
    # Our own columns.
    return f"SELECT {columns(Callback, 'c')} FROM providers_callback c WHERE c.id = ANY(%s)"  # noqa: S608
