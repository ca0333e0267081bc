from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.core.pagination import Page, read_page
from apps.merchants.caller import Caller
from apps.settlement.models import Settlement


def list_settlements(
    *,
    caller: Caller,
    query: Mapping[str, Any],
    statuses: Sequence[str] = (),
    currencies: Sequence[str] = (),
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Page[Settlement]:
    """The page of the caller's settlements that `limit` and `starting_after` of the query ask for,
    newest first. One query."""
    found = own = Settlement.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
    if statuses:
        found = found.filter(status__in=statuses)
    if currencies:
        found = found.filter(currency__in=currencies)
    if created_after is not None:
        found = found.filter(created_at__gte=created_after)
    if created_before is not None:
        found = found.filter(created_at__lt=created_before)
    return read_page(found, own=own, query=query, prefix="set")
