"""Do the due work of a topic: claim in batches, handle on threads, stay while there is work.

One drain per topic and process. It lingers for a while after the last item, listening at the
topic's doorbell, so that steady traffic costs no Celery message. One that cannot keep up calls the
other worker processes.
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

from apps.core import database_clock, nudge
from apps.core.database_errors import is_away, is_busy
from apps.core.work import Route, routes

logger = logging.getLogger(__name__)

# How long a drain listens for more after its last item.
LINGER_S = 5.0
# How often a drain that has more to do than it can asks the other worker processes to help.
CALL_EVERY_S = 1.0
# How often it says that it listens.
SAY_EVERY_S = 1.0
# Under steady traffic a few arrivals are let gather, so that one claim serves them all: for as long
# as the last round took, within these. A busy machine so does more with each statement.
GATHER_S = 0.004
GATHER_S_MAX = 0.03
# How long what is done may wait to be forgotten.
PATIENCE_S = 0.25
# How long one listening at the doorbell lasts; a drain that ends waits for it.
HEAR_S = 0.5
# A doorbell rung this soon after the last claim means steady traffic.
STEADY_S = 0.05
# How often a database that is away is tried again.
AWAY_PAUSE_S = 0.25
# Clocks agree to some milliseconds only. What was promised a moment ago elsewhere, and nudged for,
# may still look like the future: who was nudged and found nothing looks again after this.
LOOK_AGAIN_S = 0.03
# How often what met a lock is concluded again before it is put back.
BUSY_MAX = 3
# How long a worker told to stop waits for a database that is away, with answers in its hands.
STOP_S = 5.0

stopping = threading.Event()

_guard = threading.Lock()
_running: set[str] = set()
# Topics somebody asked for while they were being drained, perhaps just too late to be heard.
_asked_again: set[str] = set()
_pools: dict[str, ThreadPoolExecutor] = {}


def drain(topic: str, *, linger_s: float = 0.0) -> int:
    """Handle everything due in `topic`, and what comes until it was idle for `linger_s`.

    Returns how many items were claimed here; 0 at once if this process drains it already.
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
            claimed += _Drain(topic, route, pool).run(linger_s)
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
    """A claimed item on its way: as it was claimed, as `prepare` made it, and its answer."""

    claimed: Any
    prepared: Any
    answer: Any = None
    # How often its conclusion met a lock.
    busy: int = 0


class _Drain:
    """One run: what is in flight, what is answered but not concluded, done but not forgotten.

    An answer is never given up for want of a database: it stays here until it is concluded.
    """

    def __init__(self, topic: str, route: Route, pool: ThreadPoolExecutor) -> None:
        self._topic = topic
        self._route = route
        self._pool = pool
        self._handler = route.load_handler()
        self._prepare = route.load_prepare()
        self._conclude = route.load_conclude()
        self._has_more = getattr(route.source, "has_more", bool)
        # Enough to keep every thread busy while the next batch is claimed.
        self._room = route.threads * 2
        self._in_flight: dict[Future[Any], _Work] = {}
        self._answered: list[_Work] = []
        # Items to be put back, and why.
        self._failed: list[tuple[Any, BaseException]] = []
        self._done: list[UUID] = []
        self._claimed = 0
        # Nothing is claimed while what was answered cannot be concluded.
        self._is_away = False
        # Set when the doorbell rang or an item is finished.
        self._wake = threading.Event()
        self._is_rung = False
        # Whether a nudge made it look, as at the start.
        self._is_nudged = True
        # Cleared while a ring is not answered yet: another would say nothing new.
        self._may_hear = threading.Event()
        self._is_over = False
        # How long the database was last busy with a claim, and with what was finished.
        self._claim_s = 0.0
        self._conclude_s = 0.0
        # The first second is this process's own.
        self._called_at = time.monotonic()

    def run(self, linger_s: float) -> int:
        if database_clock.is_skewed():
            # Nobody is told that this process listens.
            return 0
        with self._listening(is_lingering=bool(linger_s)):
            try:
                self._work(linger_s)
            finally:
                self._finish()
        return self._claimed

    def _work(self, linger_s: float) -> None:
        said_at = 0.0
        idle_since = time.monotonic()
        while not stopping.is_set():
            now = time.monotonic()
            if linger_s and now - said_at > SAY_EVERY_S:
                nudge.listen(self._topic)
                said_at = now
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
                self._call_others()
                self._wait_for_room()
                continue
            if self._has_more():
                # What it waited for may be finished already.
                if self._in_flight:
                    self._wait_for_one()
                continue
            if claimed_at - idle_since > max(linger_s, LOOK_AGAIN_S) and self._is_idle:
                break
            is_early = self._is_nudged and not claimed
            if is_early or not linger_s:
                patience_s = LOOK_AGAIN_S
            else:
                patience_s = 1.0 if self._is_idle and not self._done else PATIENCE_S
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
            time.sleep(AWAY_PAUSE_S)

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
    def _listening(self, *, is_lingering: bool) -> Iterator[None]:
        """Hear the doorbell meanwhile, on a thread that ends with this block, whatever happens."""
        ears = threading.Thread(target=self._hear, name=f"{self._topic} ears", daemon=True)
        if is_lingering:
            nudge.listen(self._topic)
            ears.start()
        try:
            yield
        finally:
            self._is_over = True
            self._may_hear.set()
            # Who rings from here on starts a new drain.
            nudge.stop_listening(self._topic)
            if ears.is_alive():
                nudge.wake(self._topic)
                ears.join()

    def _call_others(self) -> None:
        """There is more than this process has room for. While one listens, no nudge starts another
        drain, so whoever is free has to be asked."""
        now = time.monotonic()
        if now - self._called_at > CALL_EVERY_S:
            self._called_at = now
            nudge.start_drain(self._topic)

    def _hear(self) -> None:
        while not self._is_over:
            if nudge.wait(self._topic, timeout_s=HEAR_S):
                self._may_hear.clear()
                self._is_rung = True
                self._wake.set()
                self._may_hear.wait(HEAR_S)

    def _wait_for_more(self, claimed_at: float, patience_s: float) -> None:
        """Until there may be something to claim, concluding what finishes meanwhile.

        Slow items take their time on their threads. What is done is forgotten with the next
        claim, which should not be long in coming.
        """
        give_up_at = claimed_at + patience_s
        while not self._is_rung and not stopping.is_set():
            left_s = give_up_at - time.monotonic()
            if left_s <= 0 or not self._wake.wait(left_s):
                break
            self._wake.clear()
            if not self._is_rung:
                # Others are about to finish as well: one transaction for all of them.
                self._gather()
                self._collect()
        if self._is_rung and time.monotonic() - claimed_at < STEADY_S:
            self._gather()
        self._is_nudged, self._is_rung = self._is_rung, False
        self._may_hear.set()
        self._wake.clear()
        self._collect()

    def _gather(self) -> None:
        time.sleep(min(max(GATHER_S, self._claim_s + self._conclude_s), GATHER_S_MAX))

    def _claim(self) -> tuple[int, int]:
        """Claim what there is room for and start it; returns (claimed, asked for)."""
        begun = time.monotonic()
        wanted = min(self._room - len(self._in_flight), self._route.batch)
        done, self._done = self._done, []
        try:
            items = self._route.source.claim(limit=wanted, now=database_clock.now(), done=done)
        except BaseException:
            self._done = done
            raise
        self._claimed += len(items)
        prepared = self._prepare_all(items) if items else []
        self._claim_s = time.monotonic() - begun
        for work in prepared:
            future = self._pool.submit(_handle, self._handler, work.prepared)
            self._in_flight[future] = work
            future.add_done_callback(lambda _: self._wake.set())
        return len(items), wanted

    def _prepare_all(self, items: Sequence[Any]) -> list[_Work]:
        """What is to be handled of these; the others need nothing any more, or are put back."""
        if self._prepare is None:
            return [_Work(item, item) for item in items]
        try:
            prepared = {item.id: item for item in self._prepare(list(items))}
        except Exception as error:
            if is_away(error):
                self._lose_database(error)
            elif len(items) > 1:
                # One of them spoils it for all: each alone.
                return [work for item in items for work in self._prepare_all([item])]
            else:
                _log_failure(error, items[0])
            for item in items:
                self._put_back(item, error)
            return []
        self._done += [item.id for item in items if item.id not in prepared]
        return [_Work(item, prepared[item.id]) for item in items if item.id in prepared]

    def _wait_for_room(self) -> None:
        """Until half the threads could take something new."""
        most = self._room - max(1, self._route.threads // 2)
        while len(self._in_flight) > most and not self._is_away:
            wait(self._in_flight, return_when=FIRST_COMPLETED)
            self._collect()

    def _wait_for_one(self) -> None:
        """Until something is finished, which makes room for what the source held back, or the
        doorbell rings: it may be for another."""
        self._wake.wait(PATIENCE_S)
        self._is_rung = False
        self._may_hear.set()
        self._wake.clear()
        # Others are about to finish as well.
        self._gather()
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
            self._conclude_all(answered)
            self._conclude_s = time.monotonic() - begun
        failed, self._failed = self._failed, []
        for item, why in failed:
            self._put_back(item, why)

    def _conclude_all(self, answered: Sequence[_Work]) -> None:
        if self._conclude is not None:
            try:
                self._conclude([(work.prepared, work.answer) for work in answered])
            except Exception as error:
                self._not_concluded(answered, error)
                return
        self._done += [work.claimed.id for work in answered]

    def _not_concluded(self, answered: Sequence[_Work], error: Exception) -> None:
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
                    self._conclude_all([work])
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
        stopping.wait(AWAY_PAUSE_S)
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
