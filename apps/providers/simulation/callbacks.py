"""Sends due callbacks over HTTP, at most once each unless a simulator asks for more tries."""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

import urllib3

from .faults import Fault, FaultKind
from .store import DueCallback, Store

SENDER_THREADS = 16  # One slow receiver holds one thread; the others go on.
TIMEOUT_S = 5.0
RETRY_DELAY_S = 1.0
FLUSH_DELAY_S = 0.2
SHORTLY_S = 0.2  # Between two callbacks whose order matters.


@dataclass(frozen=True, slots=True)
class CallbackBodies:
    """The bodies one instruction may be told with; `plan` picks by fault.

    truth: as it ends; success and failure: as if it ended so; another: someone else's.
    """

    truth: bytes
    pending: bytes
    success: bytes
    failure: bytes
    wrong_amount: bytes
    another: bytes


def plan(
    fault: Fault, bodies: CallbackBodies, *, created_at: float, decide_at: float | None
) -> list[tuple[float, bytes]]:
    """(due_at, body) of each callback this instruction will cause; none while undecided."""
    kind, end = fault.kind, decide_at
    if kind is FaultKind.FORGED_CALLBACK:
        # The first comes while it is pending, the second when it has failed.
        forged = [(created_at, bodies.success)]
        return forged if end is None else [*forged, (end + SHORTLY_S, bodies.wrong_amount)]
    if kind is FaultKind.NO_CALLBACK or end is None:
        return []
    if kind is FaultKind.DUPLICATE_CALLBACK:
        return [(end, bodies.truth)] * int(fault.amount)
    if kind is FaultKind.LATE_CALLBACK:
        return [(end + fault.amount, bodies.truth)]
    if kind is FaultKind.EARLY_CALLBACK:
        return [(created_at, bodies.truth)]
    if kind is FaultKind.OUT_OF_ORDER_CALLBACK:
        return [(end, bodies.truth), (end + SHORTLY_S, bodies.pending)]
    if kind is FaultKind.CONTRADICTING:
        return [(end, bodies.success), (end + SHORTLY_S, bodies.failure)]
    if kind is FaultKind.LATE_SUCCESS:
        return [(end - fault.amount, bodies.failure), (end, bodies.success)]
    if kind is FaultKind.WRONG_AMOUNT:
        return [(end, bodies.wrong_amount)]
    if kind is FaultKind.ANSWER_FOR_ANOTHER:
        return [(end, bodies.another)]
    return [(end, bodies.truth)]


class CallbackSender:
    """One for all simulators: a thread watches the clock, others send."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(
            num_pools=20, maxsize=SENDER_THREADS, retries=False, timeout=TIMEOUT_S
        )
        self._wake = threading.Condition()
        self._waiting: list[tuple[float, int, Store, DueCallback]] = []
        self._order = itertools.count()  # Breaks ties: stores cannot be compared.
        self._ready: queue.SimpleQueue[tuple[Store, DueCallback] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Store, int]] = queue.SimpleQueue()
        self._stopped = False
        self._threads: list[threading.Thread] = []
        self.sent = 0
        self.failed = 0

    def start(self) -> None:
        targets = [self._watch, *[self._send_all] * SENDER_THREADS]
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is being sent, write down what was, and end the threads."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        for _ in range(SENDER_THREADS):
            self._ready.put(None)
        for thread in self._threads:
            thread.join(timeout=TIMEOUT_S)
        self._write_down()

    def schedule(self, store: Store, callbacks: Iterable[DueCallback]) -> None:
        """Send these, already stored, when they are due."""
        with self._wake:
            for callback in callbacks:
                heapq.heappush(self._waiting, (callback.due_at, next(self._order), store, callback))
            self._wake.notify()

    def forget(self, store: Store) -> None:
        """Drop what waits for this store; its rows are the caller's."""
        with self._wake:
            self._waiting = [waiting for waiting in self._waiting if waiting[2] is not store]
            heapq.heapify(self._waiting)

    def waiting(self) -> int:
        return len(self._waiting)

    def _watch(self) -> None:
        flush_at = 0.0
        while not self._stopped:
            with self._wake:
                now = time.time()
                while self._waiting and self._waiting[0][0] <= now:
                    _, _, store, callback = heapq.heappop(self._waiting)
                    self._ready.put((store, callback))
                next_at = self._waiting[0][0] if self._waiting else now + FLUSH_DELAY_S
                self._wake.wait(min(next_at - now, FLUSH_DELAY_S))
            if time.time() >= flush_at:
                self._write_down()
                flush_at = time.time() + FLUSH_DELAY_S

    def _send_all(self) -> None:
        while (item := self._ready.get()) is not None:
            store, callback = item
            arrived = self._send(callback)
            with self._wake:
                self.sent += arrived
                self.failed += not arrived
            if arrived or callback.tries_left <= 1:
                self._done.put((store, callback.id))
            else:
                due_at = time.time() + RETRY_DELAY_S
                self.schedule(store, [store.put_off_callback(callback, due_at=due_at)])

    def _send(self, callback: DueCallback) -> bool:
        try:
            answer = self._pool.request(
                callback.method,
                callback.url,
                body=callback.body,
                headers={"Content-Type": "application/json", **callback.headers},
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, ValueError):
            return False
        return 200 <= answer.status < 300

    def _write_down(self) -> None:
        """Forget the sent ones, all in one transaction: a crash before this sends them again."""
        done: dict[Store, list[int]] = {}
        while True:
            try:
                store, number = self._done.get_nowait()
            except queue.Empty:
                break
            done.setdefault(store, []).append(number)
        for store, numbers in done.items():
            store.forget_callbacks(numbers)
