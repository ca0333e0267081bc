from __future__ import annotations

from uuid import UUID

from apps.core.ttl_cache import TtlCache
from apps.merchants.models import Merchant


def own_settlement_delay(merchant_id: UUID) -> int | None:
    """The merchant's own delay in days, None if it has none. Those few that have one are read
    together; a change takes effect within a second."""
    return _delays.get(None).get(merchant_id)


def _load(_key: None) -> dict[UUID, int]:
    return {
        pk: days
        for pk, days in Merchant.objects.filter(settlement_delay_days__isnull=False).values_list(
            "pk", "settlement_delay_days"
        )
        if days is not None
    }


_delays: TtlCache[None, dict[UUID, int]] = TtlCache(_load)
