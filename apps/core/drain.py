"""Do the due work of a topic: claim in batches, handle on threads, stay while there is work.

One drain per topic and process. It lingers for a while after the last item, listening at the
topic's doorbell, so that steady traffic costs no Celery message. One that cannot keep up calls the
other worker processes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from apps.core import nudge
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


class _Drain:
    """One run: what is in flight, and what is done but not yet forgotten."""

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
        self._in_flight: dict[Future[Any], Any] = {}
        self._done: list[UUID] = []
        self._claimed = 0
        # Set when the doorbell rang or an item is finished.
        self._wake = threading.Event()
        self._is_rung = False
        # Cleared while a ring is not answered yet: another would say nothing new.
        self._may_hear = threading.Event()
        self._is_over = False
        # How long the database was last busy with a claim, and with what was finished.
        self._claim_s = 0.0
        self._conclude_s = 0.0
        # The first second is this process's own.
        self._called_at = time.monotonic()

    def run(self, linger_s: float) -> int:
        said_at = 0.0
        idle_since = time.monotonic()
        ears = threading.Thread(target=self._hear, name=f"{self._topic} ears", daemon=True)
        if linger_s:
            nudge.listen(self._topic)
            ears.start()
        try:
            while not stopping.is_set():
                now = time.monotonic()
                if linger_s and now - said_at > SAY_EVERY_S:
                    nudge.listen(self._topic)
                    said_at = now
                claimed, wanted = self._claim()
                claimed_at = time.monotonic()
                if claimed:
                    idle_since = claimed_at
                self._collect()
                if claimed == wanted:
                    self._call_others()
                    self._wait_for_room()
                    continue
                if self._has_more():
                    # What it waited for may be finished already.
                    if self._in_flight:
                        self._wait_for_one()
                    continue
                if claimed_at - idle_since > linger_s and not self._in_flight:
                    break
                self._wait_for_more(claimed_at, is_lingering=bool(linger_s))
        finally:
            while self._in_flight:
                wait(self._in_flight, return_when=FIRST_COMPLETED)
                self._collect()
            if self._done:
                self._route.source.finish(self._done)
            # Who rings from here on starts a new drain.
            nudge.stop_listening(self._topic)
            self._is_over = True
            self._may_hear.set()
            if ears.is_alive():
                nudge.wake(self._topic)
                ears.join()
        return self._claimed

    def _call_others(self) -> None:
        """There is more than this process has room for. While one listens, no nudge starts another
        drain, so whoever is free has to be asked."""
        now = time.monotonic()
        if now - self._called_at > CALL_EVERY_S:
            self._called_at = now
            nudge.start_drain(self._topic)

    def _hear(self) -> None:
        """Listen at the doorbell, on a thread of its own."""
        while not self._is_over:
            if nudge.wait(self._topic, timeout_s=HEAR_S):
                self._may_hear.clear()
                self._is_rung = True
                self._wake.set()
                self._may_hear.wait(HEAR_S)

    def _wait_for_more(self, claimed_at: float, *, is_lingering: bool) -> None:
        """Until there may be something to claim, concluding what finishes meanwhile.

        Slow items take their time on their threads. What is done is forgotten with the next
        claim, which should not be long in coming.
        """
        if is_lingering:
            patience_s = PATIENCE_S if self._in_flight or self._done else 1.0
        else:
            patience_s = 0.02
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
        self._is_rung = False
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
            items = self._route.source.claim(limit=wanted, now=timezone.now(), done=done)
        except BaseException:
            self._done = done
            raise
        claimed = len(items)
        self._claimed += claimed
        if items and self._prepare:
            prepared = self._prepare(items)
            still = {item.id for item in prepared}
            self._done += [item.id for item in items if item.id not in still]
            items = prepared
        self._claim_s = time.monotonic() - begun
        for item in items:
            future = self._pool.submit(_handle, self._handler, item)
            self._in_flight[future] = item
            future.add_done_callback(lambda _: self._wake.set())
        return claimed, wanted

    def _wait_for_room(self) -> None:
        """Until half the threads could take something new."""
        while len(self._in_flight) > self._room - max(1, self._route.threads // 2):
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
        """Conclude what is finished, all of it at once."""
        finished: list[tuple[Any, Any]] = []
        for future in [future for future in self._in_flight if future.done()]:
            item = self._in_flight.pop(future)
            error = future.exception()
            if error is None:
                finished.append((item, future.result()))
            else:
                self._put_back(item, error)
        if finished:
            begun = time.monotonic()
            self._conclude_all(finished)
            self._conclude_s = time.monotonic() - begun

    def _conclude_all(self, finished: list[tuple[Any, Any]]) -> None:
        if self._conclude is None:
            self._done += [item.id for item, _ in finished]
            return
        try:
            self._conclude(finished)
        except (OperationalError, InterfaceError) as error:
            connection.close()
            for item, _ in finished:
                self._put_back(item, error)
        except Exception as error:
            if len(finished) == 1:
                logger.exception("work failed", extra={"item": str(finished[0][0].id)})
                self._put_back(finished[0][0], error)
                return
            # One of them spoils it for all: each alone.
            for one in finished:
                self._conclude_all([one])
        else:
            self._done += [item.id for item, _ in finished]

    def _put_back(self, item: Any, error: BaseException) -> None:
        try:
            self._route.source.put_back(
                item, error=f"{type(error).__name__}: {error}", now=timezone.now()
            )
        except DatabaseError:
            # Its lease will end and give it back.
            logger.warning("could not put work back", extra={"item": str(item.id)})
            connection.close()


def _handle(handler: Callable[[Any], Any], item: Any) -> Any:
    try:
        return handler(item)
    except (OperationalError, InterfaceError) as error:
        logger.warning("the database is away", extra={"error": type(error).__name__})
        raise
    except Exception:
        logger.exception("work failed", extra={"item": str(item.id)})
        raise
    finally:
        # Back to the pool: an idle thread holds no connection.
        connection.close()
