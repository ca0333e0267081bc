"""A thread for each topic's loop, beside Celery's: whatever beat starts keeps no topic waiting,
however long it takes."""

from __future__ import annotations

import logging
import threading
from weakref import WeakSet

from apps.core.work.worker_loop import IDLE_TIMEOUT_S, run_worker_loop

logger = logging.getLogger(__name__)

# Those that run, and some that have ended.
_threads: WeakSet[threading.Thread] = WeakSet()


def begin_worker_loop(topic: str) -> None:
    """Run the topic's loop on a thread of its own, unless this process runs it already."""
    thread = threading.Thread(target=_run, args=(topic,), name=f"{topic} loop")
    thread.start()
    _threads.add(thread)


def wait_for_worker_loops() -> None:
    """Until each has stored what it holds: they end once `worker_loop.stopping` is set."""
    for thread in list(_threads):
        thread.join()


def _run(topic: str) -> None:
    try:
        run_worker_loop(topic, idle_timeout_s=IDLE_TIMEOUT_S)
    except Exception:
        # The next tick begins it anew.
        logger.exception("a worker loop failed", extra={"topic": topic})
