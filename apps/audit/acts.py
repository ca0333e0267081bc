"""Which acts were recorded meanwhile, so that what recorded none can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_acts: ContextVar[list[str] | None] = ContextVar("acts", default=None)


@contextmanager
def recorded_acts() -> Iterator[list[str]]:
    """The actions that are recorded within, in order."""
    acts: list[str] = []
    before = _acts.set(acts)
    try:
        yield acts
    finally:
        _acts.reset(before)


def note(action: str) -> None:
    acts = _acts.get()
    if acts is not None:
        acts.append(action)
