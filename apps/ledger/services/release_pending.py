from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.ledger.models import Release, ReserveRelease
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import Booking, post_all

GROUPS_MAX = 100

# One process at a time: of two, each would release a part of the same day.
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s || ' are released', 0))"

# In the order of its index, so that no more is read than is taken.
DUE = """
SELECT available_at, merchant_id, provider_account_id, currency, livemode
  FROM {table}
 WHERE release_id IS NULL AND available_at <= %s
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5 LIMIT %s
"""

# What is released is what this statement marks, and counts: nothing that came in between.
MARK = """
WITH marked AS (
UPDATE {table} p SET release_id = g.id
  FROM unnest(%s::uuid[], %s::timestamptz[], %s::uuid[], %s::uuid[], %s::text[], %s::boolean[])
       g (id, available_at, merchant_id, provider_account_id, currency, livemode)
 WHERE p.release_id IS NULL
   AND (p.available_at, p.merchant_id, p.provider_account_id, p.currency, p.livemode)
     = (g.available_at, g.merchant_id, g.provider_account_id, g.currency, g.livemode)
RETURNING p.release_id, p.amount)
SELECT release_id, sum(amount), count(*) FROM marked GROUP BY release_id
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for its day. `table`: of the rows that wait; `kind`: what books their release;
    `lock`: the words of its lock."""

    table: str
    release: type[Release | ReserveRelease]
    kind: TransferKind
    lock: str


PENDING = Waiting("ledger_pendingamount", Release, TransferKind.RELEASED, "pending amounts")
RESERVED = Waiting(
    "ledger_reservedamount", ReserveRelease, TransferKind.RESERVE_RELEASED, "reserved amounts"
)


class Group(NamedTuple):
    """What becomes available together."""

    available_at: datetime
    merchant_id: UUID
    provider_account_id: UUID
    currency: str
    livemode: bool


@transaction.atomic
def release_pending(*, now: datetime, of: Waiting = PENDING) -> int:
    """Make available what has waited for its day, because the rail pays it later or because it was
    kept in reserve: one transfer for each merchant, rail and day.

    Safe to repeat, and in several processes: an amount is marked and booked in one transaction,
    once. What is paid for a day that was released already, by a clock that is behind, is released
    by the next run.

    Returns:
        How many were released, a bounded number at a time; 0: nothing is due, or another process
        is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [of.lock])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(DUE.format(table=of.table), [now, GROUPS_MAX])
        groups = {new_id(): Group(*row) for row in cursor.fetchall()}
        if not groups:
            return 0
        cursor.execute(
            MARK.format(table=of.table),
            [[*groups], *(list(column) for column in zip(*groups.values(), strict=True))],
        )
        marked = cursor.fetchall()
    releases = [
        of.release(id=pk, amount=int(amount), count=count, created_at=now, **groups[pk]._asdict())
        for pk, amount, count in marked
    ]
    transfers = post_all(
        [
            Booking(
                {of.kind: Money(release.amount, release.currency)},
                merchant_id=release.merchant_id,
                source_id=release.pk,
                livemode=release.livemode,
            )
            for release in releases
        ],
        now=now,
    )
    bulk_write([*releases, *transfers])
    return len(releases)
