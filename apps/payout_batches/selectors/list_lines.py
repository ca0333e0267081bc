from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from apps.core.pagination import Page
from apps.payout_batches.models import PayoutBatchLine


def list_lines(
    batch_id: UUID, *, statuses: Sequence[str] = (), after: int = 0, limit: int
) -> Page[PayoutBatchLine]:
    """Up to `limit` lines in their order, from the one behind line `after` on. One query, which
    reads an index no further than the page needs."""
    lines = PayoutBatchLine.objects.filter(batch_id=batch_id, number__gt=after)
    if len(statuses) == 1:
        lines = lines.filter(status=statuses[0])
    elif statuses:
        parts = [
            lines.filter(status=status).order_by("number").values("pk")[: limit + 1]
            for status in statuses
        ]
        lines = PayoutBatchLine.objects.filter(pk__in=parts[0].union(*parts[1:], all=True))
    found = list(lines.select_related("name_check").order_by("number")[: limit + 1])
    return Page(rows=found[:limit], has_more=len(found) > limit)
