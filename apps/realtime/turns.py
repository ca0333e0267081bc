"""Turns at reading what was missed: a share of the time, so that what happens now comes as fast as
if nobody looked back.

Who comes back after long, or with many streams at once, would else keep the processors busy with
history for as long as it takes, and each new event would wait for its part of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from time import monotonic
from typing import TypeVar
from weakref import WeakValueDictionary

from apps.realtime.threads import HISTORY, HISTORY_THREADS, in_thread

Result = TypeVar("Result")

# Whoever has read rests: the subject, for the sake of the others who wait for a turn, and the
# thread, for the sake of what happens now. So each reads for at most this part of the time.
SHARE = 0.25
# A database that is slow for a moment keeps nobody away for longer.
REST_S_MAX = 1.0


class Turns:
    """Of one event loop.

    One step at a time for each subject, HISTORY_THREADS for all; who waits is served in order.
    """

    def __init__(self) -> None:
        self._subjects: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        self._threads = asyncio.Semaphore(HISTORY_THREADS)

    async def take(self, subject: Hashable, step: Callable[[], Result]) -> Result:
        """Do the step, which blocks for some milliseconds, when it is the subject's turn."""
        turn = self._subjects.get(subject)
        if turn is None:
            turn = self._subjects[subject] = asyncio.Lock()
        await turn.acquire()
        try:
            await self._threads.acquire()
        except BaseException:
            turn.release()
            raise
        begun = monotonic()
        reading = asyncio.ensure_future(in_thread(step, HISTORY))
        # Not when whoever asked has gone, for the thread reads on.
        reading.add_done_callback(lambda _: self._rest(turn, monotonic() - begun))
        return await asyncio.shield(reading)

    def _rest(self, turn: asyncio.Lock, read_s: float) -> None:
        def end() -> None:
            turn.release()
            self._threads.release()

        call_later(min(REST_S_MAX, read_s * (1 / SHARE - 1)), end)


def call_later(delay_s: float, call: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(delay_s, call)
