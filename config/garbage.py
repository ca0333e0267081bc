"""Python's cyclic garbage collector, told what a long-lived process is like."""

from __future__ import annotations

import gc


def tune() -> None:
    """Call once everything is imported.

    What was imported is never garbage: it need not be looked at again. And a request makes
    thousands of objects that reference counting frees by itself: looking for cycles each 700 of
    them costs a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
