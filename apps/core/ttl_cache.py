"""Rows read often and changed rarely, kept by each process for a second or so.

A change takes effect within `seconds`, on every process, without anybody telling anybody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Generic, TypeVar

import cachetools

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_all: list[TtlCache] = []  # type: ignore[type-arg]


class TtlCache(Generic[Key, Value]):
    """What `load(key)` gave is kept for `seconds` after it was asked for; None is not. Who asks
    while it is loaded for another loads it too."""

    def __init__(
        self, load: Callable[[Key], Value], *, seconds: float = 1.0, size_max: int = 10_000
    ) -> None:
        self._load = load
        self.seconds = seconds
        # With when the reading of each began: what was read on a slow database may have changed
        # before it was here.
        self._values: cachetools.TLRUCache[Key, tuple[float, Value]] = cachetools.TLRUCache(
            size_max, lambda _key, kept, _now: kept[0] + seconds, timer=lambda: monotonic()
        )
        self._guard = threading.Lock()
        _all.append(self)

    def get(self, key: Key) -> Value:
        with self._guard:
            found = self._values.get(key)
        if found is not None:
            return found[1]
        # Loaded without the lock: whoever wants another key does not wait for the database.
        begun = monotonic()
        value = self._load(key)
        if value is not None:
            with self._guard:
                self._values[key] = begun, value
        return value

    def prepare(
        self, keys: Iterable[Key], load: Callable[[Sequence[Key]], Mapping[Key, Value]]
    ) -> None:
        """Remember what `load` gives of all of these that are not remembered, in one go."""
        with self._guard:
            missing = [key for key in dict.fromkeys(keys) if key not in self._values]
        # Of one alone `get` loads as much.
        if len(missing) > 1:
            begun = monotonic()
            loaded = load(missing)
            with self._guard:
                self._values.update({key: (begun, value) for key, value in loaded.items()})

    def clear(self) -> None:
        with self._guard:
            self._values.clear()


def clear_all() -> None:
    """For tests: what one of them left must not be seen by the next."""
    for cache in _all:
        cache.clear()
