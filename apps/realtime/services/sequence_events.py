from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

# The ids are read from the index alone; only what has no place yet is looked up.
SEQUENCE = """
WITH slice AS MATERIALIZED (
    SELECT id FROM webhooks_event
     WHERE id > %(after)s AND id <= %(until)s ORDER BY id LIMIT %(limit)s),
placed AS (
    INSERT INTO realtime_feedentry (event_id, merchant_id, livemode, created_at)
    SELECT e.id, e.merchant_id, e.livemode, clock_timestamp()
      FROM webhooks_event e
     WHERE e.id IN (
           SELECT s.id FROM slice s
            WHERE NOT EXISTS (
                  SELECT FROM realtime_feedentry f
                   -- Where to begin, should the feed's index be read in order.
                   WHERE f.event_id = s.id AND f.event_id > %(after)s))
     ORDER BY e.id
    RETURNING position)
SELECT (SELECT count(*) FROM slice), (SELECT id FROM slice ORDER BY id DESC LIMIT 1),
       (SELECT count(*) FROM placed)
"""

FIRST = UUID(int=0)
LAST = UUID(int=(1 << 128) - 1)


@dataclass(frozen=True, slots=True)
class Slice:
    """What one look at the events saw: how many, up to which id, and how many it placed."""

    seen: int
    last_id: UUID | None
    placed: int


def sequence_events(
    connection: psycopg.Connection[Any], *, after: UUID, until: UUID = LAST, limit: int
) -> Slice:
    """Give each committed event with after < id <= until that has no place in the feed the next
    one. One statement, its own transaction.

    Safe to repeat. `connection` holds the sequencer's lock (apps/realtime/sequencer.py), so that
    nobody else gives away positions meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCE, {"after": after, "until": until, "limit": limit}, prepare=False)
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 (for the type checker: counts are always answered)
    return Slice(*row)
