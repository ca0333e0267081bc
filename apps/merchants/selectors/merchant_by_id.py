from __future__ import annotations

from functools import cache
from uuid import UUID

from django.db import connection

from apps.core.row_mapper import columns, map_row
from apps.core.ttl_cache import TtlCache
from apps.merchants.models import Merchant


def merchant_by_id(merchant_id: UUID) -> Merchant:
    """A merchant, at most a second old.

    Raises:
        Merchant.DoesNotExist: there is none.
    """
    return _merchants.get(merchant_id)


@cache
def _select() -> str:
    return f"SELECT {columns(Merchant, 'm')} FROM merchants_merchant m WHERE id = %s"  # noqa: S608 (our own words)


def _load(merchant_id: UUID) -> Merchant:
    with connection.cursor() as cursor:
        cursor.execute(_select(), [merchant_id])
        row = cursor.fetchone()
    if row is None:
        raise Merchant.DoesNotExist
    return map_row(Merchant, row)


_merchants: TtlCache[UUID, Merchant] = TtlCache(_load)
