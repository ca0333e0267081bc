"""Rows read often and changed rarely, remembered by each process for a second or so.

A change takes effect within `seconds`, on every process, without anybody telling anybody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_all: list[Remembered] = []  # type: ignore[type-arg]


class Remembered(Generic[Key, Value]):
    """`load(key)` is called at most once in `seconds` for each key; None is not remembered."""

    def __init__(
        self, load: Callable[[Key], Value], *, seconds: float = 1.0, size_max: int = 10_000
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._size_max = size_max
        self._values: dict[Key, tuple[float, Value]] = {}
        self._guard = threading.Lock()
        _all.append(self)

    def get(self, key: Key) -> Value:
        found = self._values.get(key)
        now = monotonic()
        if found and now - found[0] < self._seconds:
            return found[1]
        value = self._load(key)
        if value is not None:
            with self._guard:
                if len(self._values) >= self._size_max:
                    self._values.clear()
                self._values[key] = (now, value)
        return value

    def forget(self) -> None:
        with self._guard:
            self._values.clear()


def forget_everything() -> None:
    """For tests: what one of them left must not be seen by the next."""
    for remembered in _all:
        remembered.forget()
