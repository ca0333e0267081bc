"""The outbox: what must happen next is a row, written with the change that demands it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from apps.core import nudge
from apps.core.failpoints import failpoint
from apps.core.models import OutboxMessage

RETRY_DELAY_S_MAX = 3600


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message this process may work on until its lease ends. `tries` counts from 1."""

    id: UUID
    payload: dict[str, Any]
    tries: int


def new_message(topic: str, *, now: datetime, **payload: str) -> OutboxMessage:
    """An unsaved message, to be inserted together with the rows it belongs to."""
    return OutboxMessage(topic=topic, payload=payload, available_at=now, created_at=now)


def enqueue(topic: str, *, now: datetime, **payload: str) -> OutboxMessage:
    """Promise work within the current transaction, and nudge the workers when it commits."""
    message = new_message(topic, now=now, **payload)
    message.save(force_insert=True)
    nudge_on_commit(topic)
    return message


def nudge_on_commit(*topics: str) -> None:
    """Tell the workers, once the current transaction is durable, that these topics have work."""
    transaction.on_commit(lambda: nudge.send(*topics))


def claim(topic: str, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedMessage]:
    """Take up to `limit` due messages, oldest first, and delete those `done`. One statement, which
    outside a transaction commits itself.

    Messages being claimed elsewhere are skipped, not waited for.
    """
    failpoint("outbox.claim.before_commit")
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM core_outboxmessage WHERE id = ANY(%(done)s))
            UPDATE core_outboxmessage
               SET available_at = %(lease_until)s, tries = tries + 1
             WHERE id IN (
                   SELECT id FROM core_outboxmessage
                    WHERE topic = %(topic)s AND available_at <= %(now)s
                      AND NOT id = ANY(%(done)s)
                    ORDER BY available_at LIMIT %(limit)s
                      FOR UPDATE SKIP LOCKED)
            RETURNING id, payload, tries
            """,
            {
                "done": list(done),
                "lease_until": now + settings.WORK_LEASE,
                "topic": topic,
                "now": now,
                "limit": limit,
            },
        )
        rows = cursor.fetchall()
    failpoint("outbox.claim.after_commit")
    return [ClaimedMessage(id=row[0], payload=_payload(row[1]), tries=row[2]) for row in rows]


def delete_done(done: Sequence[UUID]) -> None:
    """Delete messages whose work is finished."""
    failpoint("outbox.ack.before_commit")
    OutboxMessage.objects.filter(id__in=done).delete()


def put_back(message: ClaimedMessage, *, error: str, now: datetime) -> None:
    """Try again later: 1, 2, 4 … seconds, at most an hour. Nothing is ever dropped."""
    delay_s = min(2 ** (message.tries - 1), RETRY_DELAY_S_MAX)
    OutboxMessage.objects.filter(id=message.id).update(
        available_at=now + timedelta(seconds=delay_s), last_error=error[:500]
    )


def put_off(message_ids: Sequence[UUID], *, now: datetime) -> None:
    """Not now, for reasons that are not theirs: this try does not count. The older they are, the
    later they come again: after their own age, between a tenth of a second and half a minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_outboxmessage
               SET tries = tries - 1, available_at = %(now)s::timestamptz + GREATEST(LEAST(
                   %(now)s - created_at, interval '30 seconds'), interval '0.1 seconds')
             WHERE id = ANY(%(ids)s)
            """,
            {"ids": list(message_ids), "now": now},
        )


def _payload(value: Any) -> dict[str, Any]:
    # Django registers no jsonb loader on raw cursors: it hands the text over.
    payload: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return payload
