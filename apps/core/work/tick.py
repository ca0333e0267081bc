"""The tick: each second, what a lost wake-up left, what became due, what a crash gave back.

Every worker has a thread for it, and it begins loops itself: neither Celery's messages nor its
threads stand between work that is due and who does it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection

from django.db import connection

from apps.core import database_clock
from apps.core.database_errors import is_away
from apps.core.work import wake_up
from apps.core.work.due_topics import due_topics
from apps.core.work.loop_threads import begin_worker_loop
from apps.core.work.topics import routes
from apps.core.work.worker_loop import stopping

logger = logging.getLogger(__name__)

TICK_S = 1.0


def start_ticking(*, queues: Collection[str]) -> None:
    """Tick each second until `worker_loop.stopping` is set; `queues`: those this worker serves."""
    threading.Thread(target=_tick_on, args=(queues,), name="tick", daemon=True).start()


def tick(*, queues: Collection[str]) -> None:
    """Wake the topics that have something due. Of these queues, a loop nobody runs begins here.

    Raises what keeps it from asking the database.
    """

    def begin(topic: str) -> None:
        if routes()[topic].queue in queues:
            begin_worker_loop(topic)
        else:
            wake_up.send_message(topic)

    wake_up.wake(*due_topics(now=database_clock.now()), begin=begin)


def tick_in_turn(*, queues: Collection[str]) -> None:
    """Tick, if no other worker has in this second. Never raises: the next one asks again."""
    try:
        # A process with a wrong clock claims nothing, so others have to begin loops.
        if database_clock.is_skewed() or not wake_up.take_tick():
            return
        tick(queues=queues)
    except Exception as error:
        wake_up.give_up_tick()
        if is_away(error):
            logger.warning("the database is away", extra={"error": type(error).__name__})
        else:
            logger.exception("a tick failed")


def _tick_on(queues: Collection[str]) -> None:
    while not stopping.wait(TICK_S):
        tick_in_turn(queues=queues)
        # Kept while it is good: PostgreSQL plans the statement about all topics anew until a
        # connection has seen it some times, which takes it six times as long as to answer it.
        if connection.errors_occurred:
            connection.close()
    connection.close()
