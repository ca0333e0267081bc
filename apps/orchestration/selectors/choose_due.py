"""Which attempts to take now: account by account, as many of each as it has free slots."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.core.work.concurrency_limiter import Slots
from apps.providers.selectors.accounts import all_accounts

# What has never been sent, and what a provider may know of.
CREATED = "a.status = 'created'"
ASKED_ABOUT = "NOT (a.status IN ('created', 'succeeded', 'failed', 'not_sent'))"

# The attempts to take now, as `chosen`. `busy` leaps through the queue from one account with open
# attempts to the next, so a backlog of any size costs as much as a single attempt; live goes before
# test, everybody's first before anybody's second, and accounts in trouble come last.
_CHOSEN = """
WITH RECURSIVE busy AS (
    (SELECT provider_account_id AS account_id, next_check_at AS first_at
       FROM payments_dueattempt WHERE {queue}
      ORDER BY provider_account_id, next_check_at LIMIT 1)
    UNION ALL
    SELECT n.* FROM busy b CROSS JOIN LATERAL (
        SELECT provider_account_id, next_check_at FROM payments_dueattempt
         WHERE {queue} AND provider_account_id > b.account_id
         ORDER BY provider_account_id, next_check_at LIMIT 1) n
), due AS (
    SELECT t.id, t.rank, t.next_check_at, b.account_id = ANY(%(test)s::uuid[]) AS is_test,
           COALESCE(k.is_troubled, false) AS is_troubled
      FROM busy b
      LEFT JOIN unnest(%(accounts)s::uuid[], %(free)s::int[], %(troubled)s::bool[])
           AS k (id, free, is_troubled) ON k.id = b.account_id
     CROSS JOIN LATERAL (
        SELECT w.*, row_number() OVER () AS rank FROM (
            SELECT a.id, q.next_check_at
              FROM payments_dueattempt q JOIN payments_attempt a ON a.id = q.attempt_id
             WHERE {queue} AND q.provider_account_id = b.account_id
               AND q.next_check_at >= b.first_at AND q.next_check_at <= %(now)s
               AND {condition} AND a.next_check_at <= %(now)s
             ORDER BY q.next_check_at
             LIMIT LEAST(%(limit)s::int, COALESCE(k.free, %(first)s::int))
               FOR NO KEY UPDATE OF a SKIP LOCKED) w) t
     WHERE b.first_at <= %(now)s
), chosen AS MATERIALIZED (
    SELECT id FROM (
        SELECT *, row_number() OVER (PARTITION BY is_troubled
                                     ORDER BY is_test, rank, next_check_at) AS place
          FROM due) d
     WHERE NOT is_troubled OR place <= %(troubled_free)s::int
     ORDER BY is_troubled, is_test, rank, next_check_at LIMIT %(limit)s::int
)
"""

# As `WITH …`, to go before a statement of one's own.
CHOSEN_TO_SEND = _CHOSEN.format(queue="NOT is_sent", condition=CREATED)
CHOSEN_TO_ASK = _CHOSEN.format(queue="is_sent", condition=ASKED_ABOUT)


def due_parameters(slots: Slots, *, limit: int, now: datetime) -> dict[str, Any]:
    """What the two are executed with."""
    return {
        "now": now,
        "limit": limit,
        "test": [account.pk for account in all_accounts() if not account.livemode],
        "accounts": list(slots.keys),
        "free": [known.free for known in slots.keys.values()],
        "troubled": [known.is_troubled for known in slots.keys.values()],
        "first": slots.first,
        "troubled_free": slots.troubled_free,
    }
