from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from apps.core.ttl_cache import TtlCache
from apps.merchants.models import Merchant, Reserve


class OwnTerms(NamedTuple):
    """`delay_days`: until what is paid is available; None: as each rail has it. `currency`: of the
    reserve's cap."""

    delay_days: int | None = None
    reserve: Reserve = Reserve()
    currency: str = ""

    def reserve_cap(self, currency: str) -> int | None:
        """Of what is paid in this currency, the most that is kept; None: the cap is of another, or
        there is none."""
        return self.reserve.cap if currency == self.currency else None


def own_terms(merchant_id: UUID) -> OwnTerms:
    """When a merchant has what is paid to it. Those few that have terms of their own are read
    together; a change takes effect within a second."""
    return _terms.get(None).get(merchant_id) or OwnTerms()


def _load(_key: None) -> dict[UUID, OwnTerms]:
    rows = Merchant.objects.filter(
        Q(settlement_delay_days__isnull=False) | Q(reserve_basis_points__gt=0)
    ).values_list(
        "pk",
        "settlement_delay_days",
        "currency",
        "reserve_basis_points",
        "reserve_days",
        "reserve_cap",
    )
    return {
        pk: OwnTerms(delay_days, Reserve(basis_points, days, cap), currency)
        for pk, delay_days, currency, basis_points, days, cap in rows
    }


_terms: TtlCache[None, dict[UUID, OwnTerms]] = TtlCache(_load)
