from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.pagination import Page, read_merged_page
from apps.disputes.models import Dispute
from apps.merchants.caller import Caller


def list_disputes(
    *,
    caller: Caller,
    query: Mapping[str, Any],
    payment_id: UUID | None = None,
    statuses: Sequence[str] = (),
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Page[Dispute]:
    """The page of the caller's disputes that `limit` and `starting_after` of the query ask for,
    newest first. `created_after` is included, `created_before` is not. One query."""
    found = own = Dispute.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
    if payment_id is not None:
        found = found.filter(payment_id=payment_id)
    if created_after is not None:
        found = found.filter(opened_at__gte=created_after)
    if created_before is not None:
        found = found.filter(opened_at__lt=created_before)
    parts = [found.filter(status=status) for status in statuses] or [found]
    return read_merged_page(Dispute.objects.all(), parts, own=own, query=query, prefix="dis")
