"""Do the due work of a topic: claim in batches, handle on threads, stay while there is work.

Each worker process runs at most one loop per topic. After its last item the loop stays for a while
and waits for wake-ups, so that under steady traffic no Celery message has to start a new loop. A
loop that has more work than its threads can do asks the other worker processes to help.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core import database_clock
from apps.core.database_errors import is_away, is_busy
from apps.core.tracing import span
from apps.core.work import wake_up
from apps.core.work.rest import Rest
from apps.core.work.topics import Route, routes

logger = logging.getLogger(__name__)

# How long a loop stays after its last item, waiting for more work.
IDLE_TIMEOUT_S = 5.0
# A loop that cannot keep up asks the other worker processes to help, at most this often.
CALL_EVERY_S = 1.0
# How often a loop says again in Redis that it waits for wake-ups.
ANNOUNCE_EVERY_S = 1.0
# Finished items are deleted by the next claim. If none follows this soon, a claim is made for them.
DONE_KEPT_S = 0.25
# How long one call to Redis waits for a wake-up. A loop that ends waits for that call to return.
LISTEN_TIMEOUT_S = 0.5
# The pause between two tries to reach a database that does not answer.
DATABASE_RETRY_S = 0.25
# The clocks of two machines differ by some milliseconds, so work that another machine has just
# enqueued may seem to be due in the future. A loop that was woken and found nothing therefore looks
# once more after this pause.
LOOK_AGAIN_S = 0.03
# When `after_batch` fails because another transaction holds a lock, it is tried this many times
# before the item is put back.
BUSY_MAX = 3
# A worker that is told to stop while the database does not answer keeps trying to store the answers
# it has for this long.
STOP_S = 5.0

stopping = threading.Event()

_guard = threading.Lock()
_running: set[str] = set()
# Topics whose loop was asked for while it was running. The request may have come just as the loop
# ended, so it runs once more.
_asked_again: set[str] = set()
_pools: dict[str, ThreadPoolExecutor] = {}


def run_worker_loop(topic: str, *, idle_timeout_s: float = 0.0) -> int:
    """Handle everything due in `topic`, and what comes until it was idle for `idle_timeout_s`.

    Returns how many items were claimed here. If this process already runs the topic's loop, it
    returns 0 at once.
    """
    route = routes()[topic]
    with _guard:
        if topic in _running:
            _asked_again.add(topic)
            return 0
        _running.add(topic)
        _asked_again.discard(topic)
        pool = _pools.get(topic)
        if pool is None:
            pool = _pools[topic] = ThreadPoolExecutor(route.threads, thread_name_prefix=topic)
    claimed = 0
    try:
        while True:
            claimed += _WorkerLoop(topic, route, pool).run(idle_timeout_s)
            with _guard:
                if topic not in _asked_again or stopping.is_set():
                    _running.discard(topic)
                    return claimed
                _asked_again.discard(topic)
    except BaseException:
        # Here alone: once a loop is no longer marked, the mark is the next one's.
        with _guard:
            _running.discard(topic)
        raise
    finally:
        connection.close()


@dataclass(slots=True)
class _Work:
    """A claimed item: as the source gave it, as `before_batch` returned it, and the handler's
    answer."""

    claimed: Any
    prepared: Any
    answer: Any = None
    # How often `after_batch` failed with it because of a lock.
    busy: int = 0


class _WorkerLoop:
    """One run of a topic's loop, and the items it holds.

    An item is in flight while a thread handles it, answered until `after_batch` has stored the
    answer, and done until the source has deleted it. While the database does not answer, answers
    are kept here: none is thrown away.
    """

    def __init__(self, topic: str, route: Route, pool: ThreadPoolExecutor) -> None:
        self._topic = topic
        self._route = route
        self._pool = pool
        self._handler = route.load_handler()
        self._before_batch = route.load_before_batch()
        self._after_batch = route.load_after_batch()
        self._has_more = getattr(route.source, "has_more", bool)
        self._more_in_s = getattr(route.source, "more_in_s", lambda: None)
        # Enough to keep every thread busy while the next batch is claimed.
        self._slots = route.threads * 2
        self._in_flight: dict[Future[Any], _Work] = {}
        self._answered: list[_Work] = []
        # Items to be put back into the queue, each with the error.
        self._failed: list[tuple[Any, BaseException]] = []
        self._done: list[UUID] = []
        self._claimed = 0
        # Set while the database does not answer: then nothing new is claimed.
        self._is_away = False
        # Ends a wait: set by a wake-up, and when a thread has finished an item.
        self._woken = threading.Event()
        # Whether it was a wake-up that ended the wait.
        self._was_woken = False
        # Whether the next claim follows a wake-up. The first does: something started this loop.
        self._looks_after_wake_up = True
        # The listener takes no further wake-up until the loop has claimed after the last one.
        self._may_listen = threading.Event()
        self._is_over = False
        self._rest = Rest()
        # In its first second a loop asks nobody to help.
        self._called_at = time.monotonic()

    def run(self, idle_timeout_s: float) -> int:
        if database_clock.is_skewed():
            # A process with a wrong clock claims nothing, so no wake-up must be sent to it.
            return 0
        with self._listening(stays=bool(idle_timeout_s)):
            try:
                self._work(idle_timeout_s)
            finally:
                self._finish()
        return self._claimed

    def _work(self, idle_timeout_s: float) -> None:
        announced_at = 0.0
        idle_since = time.monotonic()
        while not stopping.is_set():
            now = time.monotonic()
            if idle_timeout_s and now - announced_at > ANNOUNCE_EVERY_S:
                wake_up.announce_listener(self._topic)
                announced_at = now
            if self._is_away:
                self._try_again()
                continue
            try:
                if database_clock.is_skewed():
                    break
                claimed, wanted = self._claim()
            except Exception as error:
                if not is_away(error) or self._is_idle:
                    raise
                self._lose_database(error)
                continue
            claimed_at = time.monotonic()
            if claimed:
                idle_since = claimed_at
            self._collect()
            if claimed >= wanted:
                self._call_other_workers()
                self._wait_for_slots()
                continue
            if self._has_more():
                # An item that was in flight may have finished meanwhile: then claim at once.
                if self._in_flight:
                    self._wait_for_one()
                continue
            more_in_s = self._more_in_s()
            is_over = claimed_at - idle_since > max(idle_timeout_s, LOOK_AGAIN_S)
            if is_over and self._is_idle and more_in_s is None:
                break
            is_early = self._looks_after_wake_up and not claimed
            if is_early or not idle_timeout_s:
                patience_s = LOOK_AGAIN_S
            else:
                patience_s = 1.0 if self._is_idle and not self._done else DONE_KEPT_S
            if more_in_s is not None:
                patience_s = min(patience_s, more_in_s)
            self._wait_for_more(claimed_at, patience_s)

    @property
    def _is_idle(self) -> bool:
        return not (self._in_flight or self._answered or self._failed)

    def _finish(self) -> None:
        """Wait for what is in flight and store every answer.

        A worker that was told to stop gives up after STOP_S if the database does not answer.
        """
        while self._in_flight:
            wait(self._in_flight, return_when=FIRST_COMPLETED)
            self._collect()
        give_up_at = None
        while not self._is_idle or self._done:
            self._is_away = False
            self._collect()
            self._forget_done()
            if self._is_idle and not self._done:
                return
            if stopping.is_set():
                give_up_at = give_up_at or time.monotonic() + STOP_S
                if time.monotonic() > give_up_at:
                    logger.error(
                        "stopped with answers that were not written down",
                        extra={"topic": self._topic, "count": len(self._answered)},
                    )
                    return
            time.sleep(DATABASE_RETRY_S)

    def _forget_done(self) -> None:
        if not self._done or self._is_away:
            return
        try:
            self._route.source.finish(self._done)
        except Exception as error:
            if is_away(error) or is_busy(error):
                self._lose_database(error)
                return
            # They stay claimed until their leases end, and are then handled once more.
            logger.exception("could not forget what is done", extra={"topic": self._topic})
        self._done = []

    @contextmanager
    def _listening(self, *, stays: bool) -> Iterator[None]:
        """Within this block, a thread waits for wake-ups. It has ended when the block is left."""
        listener = threading.Thread(
            target=self._listen, name=f"{self._topic} listener", daemon=True
        )
        if stays:
            wake_up.announce_listener(self._topic)
            listener.start()
        try:
            yield
        finally:
            self._is_over = True
            self._may_listen.set()
            # After this, wake-ups start a new loop.
            wake_up.withdraw_listener(self._topic)
            if listener.is_alive():
                wake_up.notify(self._topic)
                listener.join()

    def _call_other_workers(self) -> None:
        """Start this topic's loop in another worker process, at most once in CALL_EVERY_S.

        Wake-ups do not do that: while one process listens, they only wake that one.
        """
        now = time.monotonic()
        if now - self._called_at > CALL_EVERY_S:
            self._called_at = now
            wake_up.start_worker_loop(self._topic)

    def _listen(self) -> None:
        while not self._is_over:
            if wake_up.wait_for_wake_up(self._topic, timeout_s=LISTEN_TIMEOUT_S):
                self._may_listen.clear()
                self._was_woken = True
                self._woken.set()
                self._may_listen.wait(LISTEN_TIMEOUT_S)

    def _wait_for_more(self, claimed_at: float, patience_s: float) -> None:
        """Wait until there may be something to claim, or for `patience_s` after the last claim.

        Answers that come meanwhile are stored. The items they belong to are deleted by the next
        claim.
        """
        give_up_at = claimed_at + patience_s
        while not self._was_woken and not stopping.is_set():
            left_s = give_up_at - time.monotonic()
            if left_s <= 0 or not self._woken.wait(left_s):
                break
            self._woken.clear()
            if not self._was_woken:
                self._rest.take()
                self._collect()
        self._rest.take()
        self._looks_after_wake_up, self._was_woken = self._was_woken, False
        self._may_listen.set()
        self._woken.clear()
        self._collect()

    def _claim(self) -> tuple[int, int]:
        """Claim as many items as there are free slots and start them.

        Returns how many were claimed, and how many were asked for.
        """
        begun = time.monotonic()
        wanted = min(self._slots - len(self._in_flight), self._route.batch)
        done, self._done = self._done, []
        try:
            items = self._route.source.claim(limit=wanted, now=database_clock.now(), done=done)
        except BaseException:
            self._done = done
            raise
        self._claimed += len(items)
        prepared = self._run_before_batch(items) if items else []
        self._rest.owe(since=begun)
        for work in prepared:
            future = self._pool.submit(_handle, self._topic, self._handler, work.prepared)
            self._in_flight[future] = work
            future.add_done_callback(lambda _: self._woken.set())
        return len(items), wanted

    def _run_before_batch(self, items: Sequence[Any]) -> list[_Work]:
        """Run `before_batch` on claimed items and return those that are to be handled.

        An item that it leaves out needs no handling and is done. An item it fails with is put back.
        """
        if self._before_batch is None:
            return [_Work(item, item) for item in items]
        try:
            prepared = {item.id: item for item in self._before_batch(list(items))}
        except Exception as error:
            if is_away(error):
                self._lose_database(error)
            elif len(items) > 1:
                # One item made the whole batch fail: run each alone, to find it.
                return [work for item in items for work in self._run_before_batch([item])]
            else:
                _log_failure(error, items[0])
            for item in items:
                self._put_back(item, error)
            return []
        self._done += [item.id for item in items if item.id not in prepared]
        return [_Work(item, prepared[item.id]) for item in items if item.id in prepared]

    def _wait_for_slots(self) -> None:
        """Wait until at least half of the threads' worth of slots is free."""
        most = self._slots - max(1, self._route.threads // 2)
        while len(self._in_flight) > most and not self._is_away:
            wait(self._in_flight, return_when=FIRST_COMPLETED)
            self._collect()

    def _wait_for_one(self) -> None:
        """Wait until an item is finished or the topic is woken.

        The source holds items back because their account or endpoint has no free slot. A finished
        item frees one; a wake-up may bring work for another account or endpoint.
        """
        self._woken.wait(DONE_KEPT_S)
        self._was_woken = False
        self._may_listen.set()
        self._woken.clear()
        self._rest.take()
        self._collect()

    def _collect(self) -> None:
        """Store the answers of all finished items in one batch, and those that could not be stored
        before. Put back the items that failed."""
        for future in [future for future in self._in_flight if future.done()]:
            work = self._in_flight.pop(future)
            error = future.exception()
            if error is None:
                work.answer = future.result()
                self._answered.append(work)
            else:
                self._failed.append((work.claimed, error))
        if self._answered or self._failed:
            # Storing them shows whether the database answers again.
            self._is_away = False
        if self._answered:
            begun = time.monotonic()
            answered, self._answered = self._answered, []
            self._run_after_batch(answered)
            self._rest.owe(since=begun)
        failed, self._failed = self._failed, []
        for item, why in failed:
            self._put_back(item, why)

    def _run_after_batch(self, answered: Sequence[_Work]) -> None:
        if self._after_batch is not None:
            try:
                self._after_batch([(work.prepared, work.answer) for work in answered])
            except Exception as error:
                self._after_batch_failed(answered, error)
                return
        self._done += [work.claimed.id for work in answered]

    def _after_batch_failed(self, answered: Sequence[_Work], error: Exception) -> None:
        if is_away(error):
            self._lose_database(error)
            self._answered += answered
            return
        if len(answered) > 1:
            # One item made the whole batch fail: store each alone, to find it.
            for work in answered:
                if self._is_away:
                    self._answered.append(work)
                else:
                    self._run_after_batch([work])
            return
        (work,) = answered
        work.busy += 1
        if is_busy(error) and work.busy < BUSY_MAX:
            self._answered.append(work)
            return
        _log_failure(error, work.claimed)
        self._put_back(work.claimed, error)

    def _lose_database(self, error: BaseException) -> None:
        logger.warning(
            "the database is away", extra={"topic": self._topic, "error": type(error).__name__}
        )
        self._is_away = True
        connection.close()
        database_clock.measure_again()

    def _try_again(self) -> None:
        """After a pause, see whether the database is back."""
        stopping.wait(DATABASE_RETRY_S)
        self._is_away = False
        self._collect()

    def _put_back(self, item: Any, why: BaseException) -> None:
        if self._is_away:
            self._failed.append((item, why))
            return
        try:
            self._route.source.put_back(item, error=_in_words(why), now=database_clock.now())
        except Exception as error:
            if is_away(error):
                self._lose_database(error)
                self._failed.append((item, why))
                return
            # It stays claimed until its lease ends, and is then handled once more.
            logger.exception("could not put work back", extra={"item": str(item.id)})


def _handle(topic: str, handler: Callable[[Any], Any], item: Any) -> Any:
    try:
        traceparent = getattr(item, "traceparent", "")
        if not traceparent:
            return handler(item)
        with span(topic, kind="CONSUMER", parent=traceparent):
            return handler(item)
    except Exception as error:
        _log_failure(error, item)
        raise
    finally:
        # Give the connection back to the pool: an idle thread must not hold one.
        connection.close()


def _in_words(error: BaseException) -> str:
    """The error as text that PostgreSQL can store: its message may quote bytes it cannot."""
    said = f"{type(error).__name__}: {error}".replace("\0", "")
    return said.encode(errors="replace").decode()


def _log_failure(error: Exception, item: Any) -> None:
    if is_away(error):
        logger.warning("the database is away", extra={"error": type(error).__name__})
    else:
        logger.error("work failed", extra={"item": str(item.id)}, exc_info=error)
