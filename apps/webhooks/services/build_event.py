from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from apps.core.failpoints import failpoint
from apps.core.json_format import dump
from apps.core.public_ids import new_id
from apps.core.row_mapper import columns, map_row
from apps.core.ttl_cache import TtlCache
from apps.core.work.outbox import wake_on_commit
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.representation import EventOutput
from apps.webhooks.rules.subscriptions import wants

TOPIC = "webhook.deliver"


def build_event(
    *,
    merchant_id: UUID,
    livemode: bool,
    type: str,
    object_id: UUID,
    sequence: int,
    data: dict[str, Any],
    endpoints: Iterable[Endpoint],
    now: datetime,
    event_id: UUID | None = None,
) -> list[Event | Delivery]:
    """The event and one delivery for each endpoint that wants it, unsaved, the body frozen.

    The caller inserts them in the transaction of the change they tell of, and wakes TOPIC when
    it commits, as `tell_on_commit` does. `endpoints`: see `subscribed_endpoints`.
    """
    failpoint("webhooks.build.before_insert")
    event = Event(
        id=event_id or new_id(),
        merchant_id=merchant_id,
        livemode=livemode,
        type=type,
        object_id=object_id,
        sequence=sequence,
        created_at=now,
    )
    event.body = dump(EventOutput.as_json(event, data=data)).decode()
    deliveries = [
        Delivery(
            event_id=event.pk,
            endpoint=endpoint,
            is_backlog=endpoint.paused_at is not None,
            is_held=endpoint.paused_at is not None,
            next_attempt_at=now,
            created_at=now,
        )
        for endpoint in endpoints
        if wants(endpoint, type)
    ]
    return [event, *deliveries]


def tell_on_commit(rows: Iterable[Model], *topics: str) -> None:
    """Once the current transaction is durable, wake these topics, and TOPIC if any of the rows is
    to be delivered; whoever follows events hears of it either way."""
    if any(isinstance(row, Delivery) for row in rows):
        wake_on_commit(*topics, TOPIC)
    else:
        wake_on_commit(*topics, published=(TOPIC,))


def subscribed_endpoints(*, merchant_id: UUID, livemode: bool) -> list[Endpoint]:
    """The merchant's enabled endpoints, to hand to `build_event`; a new one counts within a second.

    Paused ones among them: what they miss is held for them.
    """
    return _endpoints.get((merchant_id, livemode))


def load_endpoints(keys: Iterable[tuple[UUID, bool]]) -> None:
    """Read the endpoints of several merchants and modes in one query, before `subscribed_endpoints`
    asks for each."""
    _endpoints.prepare(keys, _load_many)


def _load(key: tuple[UUID, bool]) -> list[Endpoint]:
    return _load_many([key])[key]


def _load_many(keys: Sequence[tuple[UUID, bool]]) -> dict[tuple[UUID, bool], list[Endpoint]]:
    found: dict[tuple[UUID, bool], list[Endpoint]] = {key: [] for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(_select(), [list({merchant_id for merchant_id, _ in keys})])
        endpoints = [map_row(Endpoint, row, SUBSCRIBED) for row in cursor.fetchall()]
    for endpoint in endpoints:
        key = endpoint.merchant_id, endpoint.livemode
        if key in found:
            found[key].append(endpoint)
    return found


# What build_event needs of an endpoint; its secret stays where it is.
SUBSCRIBED = ("id", "merchant_id", "livemode", "event_types", "paused_at")


@cache
def _select() -> str:
    return (
        f"SELECT {columns(Endpoint, 'e', SUBSCRIBED)} FROM webhooks_endpoint e"  # noqa: S608 (our own words)
        " WHERE merchant_id = ANY(%s) AND is_enabled AND deleted_at IS NULL"
    )


_endpoints: TtlCache[tuple[UUID, bool], list[Endpoint]] = TtlCache(_load)
