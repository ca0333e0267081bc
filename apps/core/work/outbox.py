"""The outbox: what must happen next is a row, written with the change that demands it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from apps.core.failpoints import failpoint
from apps.core.models import OutboxMessage
from apps.core.tracing import current_traceparent
from apps.core.work import wake_up
from apps.core.work.due_rows import DueRows

logger = logging.getLogger(__name__)

RETRY_DELAY_S_MAX = 3600

# What failed this often, or fails when older than this, is handed to a person: with the delays
# above, after an hour of trying. It is tried on, once in RETRY_DELAY_S_MAX.
TRIES_ALONE_MAX = 12
AGE_ALONE_MAX = timedelta(hours=1)

# Where in a payload its place in a trace stands.
TRACEPARENT = "traceparent"


DUE = DueRows(
    OutboxMessage,
    "available_at",
    "r.topic = %(topic)s AND (r.leased_until IS NULL OR r.leased_until <= %(now)s)",
)
# Materialized: a subquery with LIMIT that a nested loop runs anew passes over what it locked
# before, and so takes more than the limit.
CLAIM = f"""
WITH gone AS (DELETE FROM core_outboxmessage WHERE id = ANY(%(done)s)),
due AS MATERIALIZED (
    {DUE.locked("r.id", where="NOT r.id = ANY(%(done)s)", limit="%(limit)s", lock="UPDATE")})
UPDATE core_outboxmessage
   SET tries = tries + 1,
       leased_until = %(lease_until)s,
       available_at = CASE WHEN tries < %(tries_max)s THEN available_at ELSE %(rarely)s END,
       needs_person_since = CASE WHEN tries < %(tries_max)s THEN needs_person_since
                                 ELSE COALESCE(needs_person_since, %(now)s) END
 WHERE id IN (SELECT id FROM due)
RETURNING id, payload, tries
"""  # noqa: S608 (our own words)


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message this process may work on until its lease ends. `tries` counts from 1."""

    id: UUID
    payload: dict[str, Any]
    tries: int
    # Of the span in which it was promised: apps/core/tracing.py.
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class OutboxTopic:
    """The due work of a topic whose items are outbox messages: a `topics.Source`."""

    topic: str

    def is_due(self, topic: str) -> str:
        return DUE.exists.replace("%(topic)s", f"'{topic}'")

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedMessage]:
        return claim(self.topic, limit=limit, now=now, done=done)

    def finish(self, done: Sequence[UUID]) -> None:
        delete_done(done)

    def put_back(self, item: ClaimedMessage, *, error: str, now: datetime) -> None:
        put_back(item, error=error, now=now)


def new_message(topic: str, *, now: datetime, **payload: str) -> OutboxMessage:
    """An unsaved message, to be inserted together with the rows it belongs to."""
    traceparent = current_traceparent()
    if traceparent:
        payload[TRACEPARENT] = traceparent
    return OutboxMessage(topic=topic, payload=payload, available_at=now, created_at=now)


def enqueue(topic: str, *, now: datetime, **payload: str) -> OutboxMessage:
    """Promise work within the current transaction, and wake the workers when it commits."""
    message = new_message(topic, now=now, **payload)
    message.save(force_insert=True)
    wake_on_commit(topic)
    return message


def wake_on_commit(*topics: str, published: Sequence[str] = ()) -> None:
    """Tell the workers, once the current transaction is durable, that these topics have work:
    once, however many of its rows say so. `published`: as wake_up.wake has it."""
    wake = _Wake(topics, tuple(published))
    savepoints = set(connection.savepoint_ids)
    # One that was promised within a savepoint goes with it.
    is_promised = any(
        one == wake and within <= savepoints for within, one, *_ in connection.run_on_commit
    )
    if not is_promised:
        transaction.on_commit(wake)


@dataclass(frozen=True, slots=True)
class _Wake:
    topics: tuple[str, ...]
    published: tuple[str, ...]

    def __call__(self) -> None:
        wake_up.wake(*self.topics, published=self.published)


def claim(topic: str, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedMessage]:
    """Take up to `limit` due messages, oldest first, and delete those `done`. One statement, which
    outside a transaction commits itself.

    Messages being claimed elsewhere are skipped, not waited for. One that was tried often and
    never put back, as if it killed its worker each time, is a person's and comes back rarely.
    """
    failpoint("outbox.claim.before_commit")
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "done": list(done),
                "lease_until": now + settings.WORK_LEASE,
                "tries_max": TRIES_ALONE_MAX,
                "rarely": now + timedelta(seconds=RETRY_DELAY_S_MAX),
                "topic": topic,
                "now": now,
                "limit": limit,
            },
        )
        rows = cursor.fetchall()
    failpoint("outbox.claim.after_commit")
    return [_claimed(*row) for row in rows]


def delete_done(done: Sequence[UUID]) -> None:
    """Delete messages whose work is finished."""
    failpoint("outbox.ack.before_commit")
    OutboxMessage.objects.filter(id__in=done).delete()


def put_back(message: ClaimedMessage, *, error: str, now: datetime) -> None:
    """Try again later: 1, 2, 4 … seconds, at most an hour. Nothing is ever dropped.

    After TRIES_ALONE_MAX tries or AGE_ALONE_MAX it is a person's too. A claim after this one has
    its own say.
    """
    is_tried_often = message.tries >= TRIES_ALONE_MAX
    delay_s = RETRY_DELAY_S_MAX if is_tried_often else 2 ** (message.tries - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_outboxmessage
               SET last_error = %(error)s, leased_until = NULL,
                   available_at = CASE WHEN created_at > %(old)s THEN %(soon)s::timestamptz
                                       ELSE %(rarely)s END,
                   needs_person_since = CASE WHEN %(is_tried_often)s OR created_at <= %(old)s
                                             THEN COALESCE(needs_person_since, %(now)s) END
             WHERE id = %(id)s AND tries = %(tries)s
            RETURNING topic, needs_person_since
            """,
            {
                "id": message.id,
                "tries": message.tries,
                "error": error[:500],
                "soon": now + timedelta(seconds=delay_s),
                "rarely": now + timedelta(seconds=RETRY_DELAY_S_MAX),
                "old": now - AGE_ALONE_MAX,
                "is_tried_often": is_tried_often,
                "now": now,
            },
        )
        row = cursor.fetchone()
    if row is not None and row[1] is not None:
        logger.error(
            "outbox message needs a person",
            extra={"topic": row[0], "message_id": str(message.id), "tries": message.tries},
        )


def try_again(message_ids: Iterable[UUID], *, now: datetime) -> int:
    """Make these messages due at once, whoever owns them; returns how many there still are."""
    messages = OutboxMessage.objects.filter(id__in=list(message_ids))
    topics = set(messages.values_list("topic", flat=True))
    count = messages.update(available_at=now, leased_until=None)
    wake_on_commit(*topics)
    return count


def put_off(message_ids: Sequence[UUID], *, now: datetime) -> None:
    """Not now, for reasons that are not theirs: this try does not count. The older they are, the
    later they come again: after their own age, between a tenth of a second and half a minute."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_outboxmessage
               SET tries = tries - 1, leased_until = NULL,
                   available_at = %(now)s::timestamptz + GREATEST(LEAST(
                   %(now)s - created_at, interval '30 seconds'), interval '0.1 seconds')
             WHERE id = ANY(%(ids)s)
            """,
            {"ids": list(message_ids), "now": now},
        )


def _claimed(message_id: UUID, value: Any, tries: int) -> ClaimedMessage:
    payload = _payload(value)
    return ClaimedMessage(message_id, payload, tries, payload.pop(TRACEPARENT, ""))


def _payload(value: Any) -> dict[str, Any]:
    # Django registers no jsonb loader on raw cursors: it hands the text over.
    payload: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return payload
