"""What hostile bytes cost, in the time of a processor: a machine that is busy changes nothing."""

from __future__ import annotations

import signal
from contextlib import contextmanager

CPU_S_MAX = 2.5


class TookTooLong(BaseException):
    pass


@contextmanager
def within_its_time():
    def end(*_):
        raise TookTooLong

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, CPU_S_MAX)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
