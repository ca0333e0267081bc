"""Which attempts to take now: account by account, as many of each as it has free slots."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from apps.core.work.concurrency_limiter import Slots
from apps.core.work.due_rows import DueRows
from apps.orchestration.models import Attempt, DueAttempt
from apps.providers.selectors.accounts import all_accounts

# What has never been sent, and what a provider may know of.
TO_SEND = DueRows(
    Attempt,
    "next_check_at",
    "a.status = 'created'",
    row="a",
    queue=DueAttempt,
    queue_condition="NOT q.is_sent",
    queue_row="attempt_id",
    key=("provider_account_id",),
)
TO_ASK = replace(
    TO_SEND,
    condition="NOT (a.status IN ('created', 'succeeded', 'failed', 'not_sent'))",
    queue_condition="q.is_sent",
)


def _chosen(due: DueRows) -> str:
    """The attempts to take now, as `chosen`: live goes before test, everybody's first before
    anybody's second, and accounts in trouble come last. As `WITH …`, to go before a statement of
    one's own."""
    of_account = due.locked(
        "a.id, q.next_check_at",
        where="q.provider_account_id = b.provider_account_id AND q.next_check_at >= b.first_at",
        limit="LEAST(%(limit)s::int, COALESCE(k.free, %(first)s::int))",
        lock="NO KEY UPDATE",
    )
    return f"""
WITH RECURSIVE {due.busy()}, due AS (
    SELECT t.id, t.rank, t.next_check_at,
           b.provider_account_id = ANY(%(test)s::uuid[]) AS is_test,
           COALESCE(k.is_troubled, false) AS is_troubled
      FROM busy b
      LEFT JOIN unnest(%(accounts)s::uuid[], %(free)s::int[], %(troubled)s::bool[])
           AS k (id, free, is_troubled) ON k.id = b.provider_account_id
     CROSS JOIN LATERAL (
        SELECT w.*, row_number() OVER () AS rank FROM ({of_account}) w) t
     WHERE b.first_at <= %(now)s
), chosen AS MATERIALIZED (
    SELECT id FROM (
        SELECT *, row_number() OVER (PARTITION BY is_troubled
                                     ORDER BY is_test, rank, next_check_at) AS place
          FROM due) d
     WHERE NOT is_troubled OR place <= %(troubled_free)s::int
     ORDER BY is_troubled, is_test, rank, next_check_at LIMIT %(limit)s::int
)
"""  # noqa: S608 (our own words)


CHOSEN_TO_SEND, CHOSEN_TO_ASK = _chosen(TO_SEND), _chosen(TO_ASK)


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
