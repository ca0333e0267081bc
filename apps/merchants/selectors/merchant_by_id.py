from __future__ import annotations

from uuid import UUID

from apps.core.ttl_cache import TtlCache
from apps.merchants.models import Merchant


def merchant_by_id(merchant_id: UUID) -> Merchant:
    """A merchant, at most a second old.

    Raises:
        Merchant.DoesNotExist: there is none.
    """
    return _merchants.get(merchant_id)


_merchants: TtlCache[UUID, Merchant] = TtlCache(lambda pk: Merchant.objects.get(pk=pk))
