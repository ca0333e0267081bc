from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from apps.core.pagination import Page, unknown_place
from apps.settlement.models import SettlementLine

CHUNK = 5_000
# A line goes by the id of its movement.
LINE_PREFIX = "tr"


def list_lines(settlement_id: UUID, *, after: int, limit: int) -> Page[SettlementLine]:
    """The lines that follow this number, in their order. One query, along its index."""
    found = SettlementLine.objects.filter(settlement_id=settlement_id, number__gt=after)
    rows = list(found.order_by("number")[: limit + 1])
    return Page(rows=rows[:limit], has_more=len(rows) > limit)


def line_number(settlement_id: UUID, line_id: UUID) -> int:
    """The place of a line in its settlement. Raises InvalidPage: it has no such line."""
    found = SettlementLine.objects.filter(settlement_id=settlement_id, pk=line_id)
    number = found.values_list("number", flat=True).first()
    if number is None:
        raise unknown_place(LINE_PREFIX)
    return number


def read_lines(settlement_id: UUID) -> Iterator[SettlementLine]:
    """All of them, in their order, 5,000 in memory at a time however many there are."""
    after = 0
    while True:
        page = list_lines(settlement_id, after=after, limit=CHUNK)
        yield from page.rows
        if not page.has_more:
            return
        after = page.rows[-1].number
