"""Python's cyclic garbage collector, told what our processes are like."""

from __future__ import annotations

import gc


def seldom() -> None:
    """Call before anything is imported.

    A request makes thousands of objects that reference counting frees by itself, and a start makes
    hundreds of thousands that stay: looking for cycles each 700 of them costs a tenth of the one
    and a fifth of the other.
    """
    gc.set_threshold(50_000, 20, 50)


def tune() -> None:
    """Call once everything is imported: it is never garbage, and need not be looked at again."""
    gc.collect()
    gc.freeze()
