from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.pagination import Page, created_within, read_merged_page
from apps.merchants.caller import Caller
from apps.refunds.models import Refund


def list_refunds(
    *,
    caller: Caller,
    query: Mapping[str, Any],
    payment_id: UUID | None = None,
    statuses: Sequence[str] = (),
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Page[Refund]:
    """The page of the caller's refunds that `limit` and `starting_after` of the query ask for,
    newest first. `created_after` is included, `created_before` is not. One query."""
    found = own = Refund.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
    if payment_id is not None:
        found = found.filter(payment_id=payment_id)
    found = created_within(found, created_after, created_before)
    parts = [found.filter(status=status) for status in statuses] or [found]
    return read_merged_page(Refund.objects.all(), parts, own=own, query=query, prefix="ref")
