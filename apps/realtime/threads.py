"""What blocks, off the event loop: the database and the vault, on a few threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")

THREADS = 8

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="realtime")


async def in_thread(work: Callable[[], Result]) -> Result:
    """Do the work on a thread that gives its database connection back afterwards."""

    def done() -> Result:
        try:
            return work()
        finally:
            connection.close()

    return await asyncio.get_running_loop().run_in_executor(_pool, done)
