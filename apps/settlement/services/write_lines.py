from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.ledger.selectors.read_period import MOVEMENTS

# The kinds' sums are of the very rows that were written.
WRITE = f"""
WITH written AS (
    INSERT INTO settlement_settlementline
           (id, settlement_id, number, kind, amount, source_id, moved_at)
    SELECT m.id, %(settlement_id)s, %(after)s + row_number() OVER (ORDER BY m.created_at, m.id),
           m.kind, m.amount, m.source_id, m.created_at
      FROM ({MOVEMENTS}) m
     WHERE %(all_are_new)s
        OR NOT EXISTS (SELECT FROM settlement_settlementline l WHERE l.id = m.id)
    RETURNING kind, amount)
SELECT kind, count(*), sum(amount)::bigint FROM written GROUP BY kind
"""  # noqa: S608 (our own words)


@dataclass(slots=True)
class WrittenLines:
    """Kind of transfer -> how many, and what they bring together in minor units."""

    totals: dict[str, dict[str, int]]

    @property
    def count(self) -> int:
        return sum(one["count"] for one in self.totals.values())

    @property
    def amount(self) -> int:
        return sum(one["amount"] for one in self.totals.values())

    def add(self, more: WrittenLines) -> None:
        for kind, one in more.totals.items():
            total = self.totals.setdefault(kind, {"count": 0, "amount": 0})
            total["count"] += one["count"]
            total["amount"] += one["amount"]


def write_lines(
    settlement_id: UUID,
    *,
    account_id: UUID,
    begin: int,
    end: int,
    after: int = 0,
    skips_known: bool = False,
) -> WrittenLines:
    """A line of this settlement for each transfer of the account from the transactions `begin` to
    before `end`, in the order of their time, numbered from `after` on. One statement, however many.

    Args:
        skips_known: only those that no statement has; else one that has been on another breaks
            the table's key.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            {
                "settlement_id": settlement_id,
                "account_id": account_id,
                "begin": begin,
                "end": end,
                "after": after,
                "all_are_new": not skips_known,
            },
        )
        return WrittenLines(
            {kind: {"count": count, "amount": amount} for kind, count, amount in cursor.fetchall()}
        )
