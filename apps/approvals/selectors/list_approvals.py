from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.approvals.models import Approval
from apps.core.pagination import Page, read_page
from apps.merchants.caller import Caller


def list_approvals(
    *,
    caller: Caller,
    query: Mapping[str, Any],
    statuses: Sequence[str] = (),
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Page[Approval]:
    """The page of the caller's approvals that `limit` and `starting_after` of the query ask for,
    newest first. One query."""
    found = own = Approval.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
    if statuses:
        found = found.filter(status__in=statuses)
    if created_after is not None:
        found = found.filter(requested_at__gte=created_after)
    if created_before is not None:
        found = found.filter(requested_at__lt=created_before)
    return read_page(found, own=own, query=query, prefix="apv")
