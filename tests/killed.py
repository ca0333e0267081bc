"""A process that does something and dies in the middle of it, as none can prepare for."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable

from django.db import connections

from apps.core import failpoints


def is_killed(act: Callable[[], object]) -> bool:
    """Whether a process of its own died by SIGKILL as it did this."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    # The parent's connection stays the parent's: it is kept, so that nobody closes it here.
    inherited = [connection.connection for connection in connections.all()]
    try:
        for connection in connections.all():
            connection.connection = None
        act()
    finally:
        del inherited[:0]
        os._exit(1)


def is_killed_at(point: str, act: Callable[[], object], *, at_pass: int = 1) -> bool:
    """The same, at the failpoint, the `at_pass`-th time it comes there."""

    def armed() -> None:
        failpoints._armed[point] = at_pass
        failpoints._passes[point] = itertools.count(1)
        act()

    return is_killed(armed)
