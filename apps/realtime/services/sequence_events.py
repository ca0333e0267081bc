from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

# Processes of the release before hold this lock while they place events.
OLD_LOCK = (0x10A1, 1)
ALL = 2**63 - 1

# What has no place yet is looked up row by row: a join might read the whole feed.
SEQUENCE = """
WITH RECURSIVE lease AS MATERIALIZED (
    SELECT 1 FROM realtime_sequencerlease
     WHERE holder = %(holder)s AND until > clock_timestamp()
       AND pg_try_advisory_xact_lock(%(space)s, %(lock)s)
       FOR NO KEY UPDATE),
slice AS MATERIALIZED (
    SELECT e.id, e.merchant_id, e.livemode, e.object_id, e.sequence, e.transaction_id
      FROM webhooks_event e
     WHERE e.transaction_id >= %(after)s
       AND e.transaction_id <
           COALESCE(%(before)s, pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
       AND (SELECT f.position FROM realtime_feedentry f WHERE f.event_id = e.id) IS NULL
     ORDER BY e.transaction_id LIMIT %(limit)s),
found AS (
    SELECT * FROM slice
     UNION
    -- What happened to the object before, should its transaction have an older number.
    SELECT e.id, e.merchant_id, e.livemode, e.object_id, e.sequence, e.transaction_id
      FROM found JOIN webhooks_event e
           ON e.object_id = found.object_id AND e.sequence = found.sequence - 1
     WHERE (SELECT f.position FROM realtime_feedentry f WHERE f.event_id = e.id) IS NULL),
placed AS (
    INSERT INTO realtime_feedentry (event_id, merchant_id, livemode, created_at)
    SELECT id, merchant_id, livemode, clock_timestamp()
      FROM found
     WHERE EXISTS (SELECT FROM lease)
    WINDOW so_far AS (PARTITION BY object_id ORDER BY sequence)
     ORDER BY max(COALESCE(transaction_id, 0)) OVER so_far, max(id::text) OVER so_far, sequence
    RETURNING position)
SELECT (SELECT count(*) FROM slice) = 0 OR EXISTS (SELECT FROM lease),
       (SELECT count(*) FROM placed), (SELECT count(*) FROM slice),
       (SELECT max(transaction_id) FROM slice),
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """What one look at the events did.

    Attributes:
        has_lease: False: there were events, but somebody else leads, and nothing was done.
        is_all: False: there may be more, of the transaction `last` and younger ones.
        horizon: each event of a transaction from `after` to before this one has its place.
        newest: transactions from this number on were not looked at.
    """

    has_lease: bool
    placed: int
    is_all: bool
    last: int
    horizon: int
    newest: int


def sequence_events(
    connection: psycopg.Connection[Any],
    *,
    holder: UUID,
    after: int,
    before: int | None = None,
    limit: int,
) -> Placed:
    """Give each committed event that has no place in the feed the next one, those of one object in
    the order of their `sequence`. One statement, its own transaction. Safe to repeat.

    Nothing is passed by: a transaction older than all that run is over, and what it left was seen.

    Args:
        holder: of the lease (apps/realtime/services/take_lease.py).
        after: the number of the oldest transaction whose events are looked at.
        before: the first that is not; None: none that is committed.
    """
    space, lock = OLD_LOCK
    values = {"holder": holder, "after": after, "before": before, "limit": limit}
    values |= {"space": space, "lock": lock}
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCE, values, prepare=False)
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 (for the type checker: one row is always answered)
    has_lease, placed, seen, last, oldest_running, newest = row
    is_all = seen < limit
    last = after if last is None else last
    horizon = oldest_running if is_all else min(oldest_running, last)
    return Placed(has_lease, placed, is_all, last, horizon, newest)
