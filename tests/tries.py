"""How often something is tried: a few times by `make test`, many by a night's run."""

from __future__ import annotations

import os
from typing import TypeVar

# Over HTTP what one must not; the database refuses 500 tries always. A night's run: LOMI_TRIES=500.
TRIES = int(os.environ.get("LOMI_TRIES", "24"))
# `make soak` runs the tests that are marked `soak` or `longer`, and says so here.
IS_SOAK = bool(os.environ.get("LOMI_SOAK"))

Length = TypeVar("Length")


def at_length(usual: Length, long: Length) -> Length:
    """The usual one in `make test`; the long one in `make soak`, of a test marked `longer`."""
    return long if IS_SOAK else usual


def examples(usual: int) -> int:
    """Of a property whose examples are whole stories over the database. `make soak`: 300."""
    return int(os.environ.get("LOMI_EXAMPLES") or usual)
