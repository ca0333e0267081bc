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
    is then asked again as soon as an item is finished. One that keeps to a pace says by
    `more_in_s() -> float | None` in how many seconds it may be asked again. One that is rarely due
    says by `is_due(topic) -> str`, SQL with %(now)s, whether anything is: see due_topics.py.
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

    `before_batch`, if any, gets each claimed batch and returns the items to handle, by the same
    ids; `handler` gets one item, on one of `threads` threads: the network belongs here;
    `after_batch`, if any, gets the finished ones as (item, what the handler returned): the database
    belongs here and in `before_batch`, where one round trip serves many. It is safe to repeat.
    """

    queue: str
    source: Source
    handler: str
    threads: int = 16
    batch: int = 100
    before_batch: str = ""
    after_batch: str = ""

    def load_handler(self) -> Callable[[Any], Any]:
        return import_string(self.handler)  # type: ignore[no-any-return]

    def load_before_batch(self) -> Callable[[list[Any]], list[Any]] | None:
        return import_string(self.before_batch) if self.before_batch else None

    def load_after_batch(self) -> Callable[[list[tuple[Any, Any]]], None] | None:
        return import_string(self.after_batch) if self.after_batch else None


@cache
def routes() -> Mapping[str, Route]:
    return import_string(settings.WORK_ROUTES)  # type: ignore[no-any-return]
