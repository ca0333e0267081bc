"""What blocks, off the event loop: the database and the vault, on threads of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")

# The hub feeds every stream: it waits for nobody.
HUB = ThreadPoolExecutor(1, thread_name_prefix="hub")
# Who comes, and whether who is here may stay.
DOORS = ThreadPoolExecutor(4, thread_name_prefix="doors")
# What streams missed before they came, by turns (apps/realtime/turns.py).
HISTORY_THREADS = 2
HISTORY = ThreadPoolExecutor(HISTORY_THREADS, thread_name_prefix="history")


async def in_thread(work: Callable[[], Result], pool: Executor = DOORS) -> Result:
    """Do the work on a thread that gives its database connection back afterwards."""

    def done() -> Result:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.get_running_loop().run_in_executor(pool, done)
