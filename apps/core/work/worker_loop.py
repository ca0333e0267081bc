"""Do the due work of a topic: claim in batches, handle on threads, stay while there is work.

One loop per topic and process. After its last item it waits a while for wake-ups, so that steady
traffic costs no Celery message. One that cannot keep up calls the other worker processes.
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
from apps.core.work import wake_up
from apps.core.work.topics import Route, routes

logger = logging.getLogger(__name__)

# How long a loop waits for more after its last item.
IDLE_TIMEOUT_S = 5.0
# How often a loop that has more to do than it can asks the other worker processes to help.
CALL_EVERY_S = 1.0
# How often it announces that it listens.
ANNOUNCE_EVERY_S = 1.0
# Under steady traffic the loop waits for a few arrivals, so that one claim serves them all: for as
# long as the last round took, within these. A busy machine so does more with each statement.
BATCHING_DELAY_S = 0.004
BATCHING_DELAY_S_MAX = 0.03
# How long finished items may wait for the claim that also deletes them.
DONE_KEPT_S = 0.25
# How long one wait for a wake-up lasts; a loop that ends waits for it.
LISTEN_TIMEOUT_S = 0.5
# A wake-up this soon after the last claim means steady traffic.
STEADY_S = 0.05
# How often a database that is away is tried again.
DATABASE_RETRY_S = 0.25
# Clocks agree to some milliseconds only. Work that another process enqueued a moment ago may still
# look like the future: a loop that was woken and found nothing looks again after this.
LOOK_AGAIN_S = 0.03
# How often `after_batch` is tried again with what met a lock, before it is put back.
BUSY_MAX = 3
# How long a worker told to stop waits for a database that is away, with answers in its hands.
STOP_S = 5.0

stopping = threading.Event()

_guard = threading.Lock()
_running: set[str] = set()
# Topics somebody asked for while their loop was running, perhaps just as it ended.
_asked_again: set[str] = set()
_pools: dict[str, ThreadPoolExecutor] = {}


def run_worker_loop(topic: str, *, idle_timeout_s: float = 0.0) -> int:
    """Handle everything due in `topic`, and what comes until it was idle for `idle_timeout_s`.

    Returns how many items were claimed here; 0 at once if this process runs its loop already.
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
    finally:
        with _guard:
            _running.discard(topic)
        connection.close()


@dataclass(slots=True)
class _Work:
    """A claimed item on its way: as it was claimed, as `before_batch` made it, and its answer."""

    claimed: Any
    prepared: Any
    answer: Any = None
    # How often `after_batch` met a lock with it.
    busy: int = 0


class _WorkerLoop:
    """One run: what is in flight, what is answered but not concluded, done but not forgotten.

    An answer is never given up for want of a database: it stays here until it is concluded.
    """

    def __init__(self, topic: str, route: Route, pool: ThreadPoolExecutor) -> None:
        self._topic = topic
        self._route = route
        self._pool = pool
        self._handler = route.load_handler()
        self._before_batch = route.load_before_batch()
        self._after_batch = route.load_after_batch()
        self._has_more = getattr(route.source, "has_more", bool)
        # Enough to keep every thread busy while the next batch is claimed.
        self._slots = route.threads * 2
        self._in_flight: dict[Future[Any], _Work] = {}
        self._answered: list[_Work] = []
        # Items to be put back, and why.
        self._failed: list[tuple[Any, BaseException]] = []
        self._done: list[UUID] = []
        self._claimed = 0
        # Nothing is claimed while what was answered cannot be concluded.
        self._is_away = False
        # Set by a wake-up, and when an item is finished.
        self._woken = threading.Event()
        self._was_woken = False
        # Whether a wake-up made it look, as at the start.
        self._looks_after_wake_up = True
        # Cleared while a wake-up is not answered yet: another would say nothing new.
        self._may_listen = threading.Event()
        self._is_over = False
        # How long the database was last busy with a claim, and with what was finished.
        self._claim_s = 0.0
        self._after_batch_s = 0.0
        # The first second is this process's own.
        self._called_at = time.monotonic()

    def run(self, idle_timeout_s: float) -> int:
        if database_clock.is_skewed():
            # Nobody is told that this process listens.
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
                # What it waited for may be finished already.
                if self._in_flight:
                    self._wait_for_one()
                continue
            if claimed_at - idle_since > max(idle_timeout_s, LOOK_AGAIN_S) and self._is_idle:
                break
            is_early = self._looks_after_wake_up and not claimed
            if is_early or not idle_timeout_s:
                patience_s = LOOK_AGAIN_S
            else:
                patience_s = 1.0 if self._is_idle and not self._done else DONE_KEPT_S
            self._wait_for_more(claimed_at, patience_s)

    @property
    def _is_idle(self) -> bool:
        return not (self._in_flight or self._answered or self._failed)

    def _finish(self) -> None:
        """Conclude everything that was begun; told to stop, do not wait long for a database."""
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
            # Their leases will end and give them back.
            logger.exception("could not forget what is done", extra={"topic": self._topic})
        self._done = []

    @contextmanager
    def _listening(self, *, stays: bool) -> Iterator[None]:
        """Wait for wake-ups meanwhile, on a thread that ends with this block, whatever happens."""
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
        """There is more than this process has threads for. While it listens, no wake-up starts
        another loop, so the other worker processes have to be asked."""
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
        """Until there may be something to claim, concluding what finishes meanwhile.

        Slow items take their time on their threads. What is done is forgotten with the next
        claim, which should not be long in coming.
        """
        give_up_at = claimed_at + patience_s
        while not self._was_woken and not stopping.is_set():
            left_s = give_up_at - time.monotonic()
            if left_s <= 0 or not self._woken.wait(left_s):
                break
            self._woken.clear()
            if not self._was_woken:
                # Others are about to finish as well: one transaction for all of them.
                self._let_arrivals_gather()
                self._collect()
        if self._was_woken and time.monotonic() - claimed_at < STEADY_S:
            self._let_arrivals_gather()
        self._looks_after_wake_up, self._was_woken = self._was_woken, False
        self._may_listen.set()
        self._woken.clear()
        self._collect()

    def _let_arrivals_gather(self) -> None:
        time.sleep(
            min(max(BATCHING_DELAY_S, self._claim_s + self._after_batch_s), BATCHING_DELAY_S_MAX)
        )

    def _claim(self) -> tuple[int, int]:
        """Claim what there is room for and start it; returns (claimed, asked for)."""
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
        self._claim_s = time.monotonic() - begun
        for work in prepared:
            future = self._pool.submit(_handle, self._handler, work.prepared)
            self._in_flight[future] = work
            future.add_done_callback(lambda _: self._woken.set())
        return len(items), wanted

    def _run_before_batch(self, items: Sequence[Any]) -> list[_Work]:
        """What is to be handled of these; the others need nothing any more, or are put back."""
        if self._before_batch is None:
            return [_Work(item, item) for item in items]
        try:
            prepared = {item.id: item for item in self._before_batch(list(items))}
        except Exception as error:
            if is_away(error):
                self._lose_database(error)
            elif len(items) > 1:
                # One of them spoils it for all: each alone.
                return [work for item in items for work in self._run_before_batch([item])]
            else:
                _log_failure(error, items[0])
            for item in items:
                self._put_back(item, error)
            return []
        self._done += [item.id for item in items if item.id not in prepared]
        return [_Work(item, prepared[item.id]) for item in items if item.id in prepared]

    def _wait_for_slots(self) -> None:
        """Until half the threads could take something new."""
        most = self._slots - max(1, self._route.threads // 2)
        while len(self._in_flight) > most and not self._is_away:
            wait(self._in_flight, return_when=FIRST_COMPLETED)
            self._collect()

    def _wait_for_one(self) -> None:
        """Until something is finished, which makes room for what the source held back, or the
        topic is woken: it may be for another."""
        self._woken.wait(DONE_KEPT_S)
        self._was_woken = False
        self._may_listen.set()
        self._woken.clear()
        # Others are about to finish as well.
        self._let_arrivals_gather()
        self._collect()

    def _collect(self) -> None:
        """Conclude what is finished, all of it at once, and what could not be concluded before."""
        for future in [future for future in self._in_flight if future.done()]:
            work = self._in_flight.pop(future)
            error = future.exception()
            if error is None:
                work.answer = future.result()
                self._answered.append(work)
            else:
                self._failed.append((work.claimed, error))
        if self._answered or self._failed:
            # Those kept from before find out whether the database is back.
            self._is_away = False
        if self._answered:
            begun = time.monotonic()
            answered, self._answered = self._answered, []
            self._run_after_batch(answered)
            self._after_batch_s = time.monotonic() - begun
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
            # One of them spoils it for all: each alone.
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
            # Its lease will end and give it back.
            logger.exception("could not put work back", extra={"item": str(item.id)})


def _handle(handler: Callable[[Any], Any], item: Any) -> Any:
    try:
        return handler(item)
    except Exception as error:
        _log_failure(error, item)
        raise
    finally:
        # Back to the pool: an idle thread holds no connection.
        connection.close()


def _in_words(error: BaseException) -> str:
    """What PostgreSQL can store: an error may quote what it stumbled over."""
    said = f"{type(error).__name__}: {error}".replace("\0", "")
    return said.encode(errors="replace").decode()


def _log_failure(error: Exception, item: Any) -> None:
    if is_away(error):
        logger.warning("the database is away", extra={"error": type(error).__name__})
    else:
        logger.error("work failed", extra={"item": str(item.id)}, exc_info=error)
