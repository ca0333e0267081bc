"""What a topic is: where its due work lies, how it is claimed, and who does it.

config/outbox_routes.py lists them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


class Source(Protocol):
    """Where the due work of one topic lies.

    One that may hand out less than is due, sparing somebody, says so by `has_more() -> bool`: it
    is then asked again as soon as an item is finished.
    """

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[Any]:
        """Take up to `limit` due items, forgetting those `done`; each item has an `id`."""
        ...

    def finish(self, done: Sequence[UUID]) -> None:
        """Forget these items: their work is done."""
        ...

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        """This item failed unexpectedly: let it be due again later."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """What happens to the claimed items of a topic, three dotted names of functions:

    `prepare`, if any, gets each claimed batch and returns the items to handle, by the same ids;
    `handler` gets one item, on one of `threads` threads: the network belongs here;
    `conclude`, if any, gets the finished ones as (item, what the handler returned): the database
    belongs here and in `prepare`, where one round trip serves many. It is safe to repeat.
    """

    queue: str
    source: Source
    handler: str
    threads: int = 16
    batch: int = 100
    prepare: str = ""
    conclude: str = ""

    def load_handler(self) -> Callable[[Any], Any]:
        return import_string(self.handler)  # type: ignore[no-any-return]

    def load_prepare(self) -> Callable[[list[Any]], list[Any]] | None:
        return import_string(self.prepare) if self.prepare else None

    def load_conclude(self) -> Callable[[list[tuple[Any, Any]]], None] | None:
        return import_string(self.conclude) if self.conclude else None


@cache
def routes() -> Mapping[str, Route]:
    return import_string(settings.WORK_ROUTES)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class OutboxTopic:
    """The due work of a topic whose items are outbox messages."""

    topic: str

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[Any]:
        from apps.core import outbox

        return outbox.claim(self.topic, limit=limit, now=now, done=done)

    def finish(self, done: Sequence[UUID]) -> None:
        from apps.core import outbox

        outbox.delete_done(done)

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        from apps.core import outbox

        outbox.put_back(item, error=error, now=now)
