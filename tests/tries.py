"""How often something is tried: a few times by `make test`, many by a night's run."""

from __future__ import annotations

import os

# Over HTTP what one must not; the database refuses 500 tries always. A night's run: LOMI_TRIES=500.
TRIES = int(os.environ.get("LOMI_TRIES", "24"))


def examples(usual: int) -> int:
    """Of a property whose examples are whole stories over the database. `make soak`: 300."""
    return int(os.environ.get("LOMI_EXAMPLES") or usual)
