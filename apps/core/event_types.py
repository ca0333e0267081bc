"""The events merchants are told of: each app names its own, config/event_types.py gathers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class EventType:
    """What the event says. A name never changes its meaning; new ones are added.

    `is_on_request`: it repeats what the merchant's own request was just answered, so it is sent
    only to endpoints that name it.
    """

    text: str
    is_on_request: bool = False


@cache
def event_types() -> Mapping[str, EventType]:
    """All of them by name, as the reference lists them."""
    return import_string(settings.EVENT_TYPES)  # type: ignore[no-any-return]


@cache
def sent_on_request() -> frozenset[str]:
    return frozenset(name for name, type in event_types().items() if type.is_on_request)
