from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core.pagination import Page, created_within, read_merged_page
from apps.merchants.caller import Caller
from apps.support_tickets.models import RequesterKind, Ticket


def list_tickets(
    *,
    caller: Caller,
    query: Mapping[str, Any],
    about: tuple[str, UUID] | None = None,
    statuses: Sequence[str] = (),
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Page[Ticket]:
    """The page of the caller's own tickets that `limit` and `starting_after` of the query ask for,
    newest first. `created_after` is included, `created_before` is not. One query.

    Args:
        about: type and id of what they are about.
    """
    found = own = Ticket.objects.filter(
        merchant=caller.merchant,
        livemode=caller.livemode,
        requester_kind=RequesterKind.MERCHANT,
    )
    if about is not None:
        found = found.filter(about_type=about[0], about_id=about[1])
    found = created_within(found, created_after, created_before)
    parts = [found.filter(status=status) for status in statuses] or [found]
    return read_merged_page(Ticket.objects.all(), parts, own=own, query=query, prefix="tic")
