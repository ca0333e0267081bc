"""How many tries an endpoint may have in flight, learned from how it answered lately.

A merchant's broken server must not take the threads that serve the others. Each process learns
for itself and forgets when it ends; the database says what is due, this only who is next.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

# In flight to one endpoint at most, as long as it takes what it is given.
MOST = 16
# In flight to all endpoints in trouble together.
TROUBLED_MOST = 24

# An answer later than this is slow, and no answer for this long is trouble.
SLOW = timedelta(seconds=1)
STUCK = timedelta(seconds=2)

# Who failed this often in a row is left alone for a while between two tries. More than can be in
# flight: of a server that sleeps now and then, the sleepers come back all together.
FAILURES_BORNE = 2 * MOST
GAP_FIRST = timedelta(milliseconds=50)
GAP_MAX = timedelta(seconds=1)

ENDPOINTS_MAX = 2_000


@dataclass(slots=True)
class _Endpoint:
    most: int = MOST
    failures: int = 0
    is_slow: bool = False
    not_before: datetime | None = None
    # Deliveries in flight, and since when.
    in_flight: dict[UUID, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Room:
    """What an endpoint may be given now."""

    count: int
    is_troubled: bool


class Pace:
    """What this process knows of the endpoints it sends to: those in flight or in trouble."""

    def __init__(self) -> None:
        self._endpoints: dict[UUID, _Endpoint] = {}
        self._guard = threading.Lock()

    def started(
        self, endpoint_id: UUID, delivery_id: UUID, *, is_failing: bool, now: datetime
    ) -> None:
        """`is_failing`: for long already, as others found."""
        with self._guard:
            if len(self._endpoints) >= ENDPOINTS_MAX:
                self._forget_idle()
            known = self._endpoints.get(endpoint_id)
            if known is None:
                known = self._endpoints[endpoint_id] = _Endpoint()
                if is_failing:
                    known.failures, known.most = FAILURES_BORNE + 1, 1
            known.in_flight[delivery_id] = now

    def ended(
        self,
        endpoint_id: UUID,
        delivery_id: UUID,
        *,
        is_taken: bool,
        took: timedelta,
        now: datetime,
    ) -> None:
        """Taken: twice as many next time. Held for long for nothing: half as many. Not taken many
        times in a row: one at a time, with a pause in between."""
        with self._guard:
            known = self._endpoints.setdefault(endpoint_id, _Endpoint())
            known.in_flight.pop(delivery_id, None)
            known.is_slow = took > SLOW
            if is_taken:
                known.failures = 0
                known.not_before = None
                known.most = min(MOST, known.most * 2)
                if known.most == MOST and not known.in_flight and not known.is_slow:
                    del self._endpoints[endpoint_id]
                return
            known.failures += 1
            if known.is_slow:
                known.most = max(1, known.most // 2)
            if known.failures > FAILURES_BORNE:
                known.most = 1
                doublings = min(known.failures - FAILURES_BORNE - 1, 10)
                known.not_before = now + min(GAP_FIRST * 2**doublings, GAP_MAX)

    def put_back(self, endpoint_id: UUID, delivery_id: UUID) -> None:
        """It was not tried after all."""
        with self._guard:
            if known := self._endpoints.get(endpoint_id):
                known.in_flight.pop(delivery_id, None)

    def rooms(self, *, now: datetime, lease: timedelta) -> tuple[Mapping[UUID, Room], int]:
        """What known endpoints may be given now (others MOST), and all in trouble together."""
        rooms: dict[UUID, Room] = {}
        troubled_in_flight = 0
        with self._guard:
            for endpoint_id, known in self._endpoints.items():
                in_flight = known.in_flight
                if in_flight and now - next(iter(in_flight.values())) >= lease:
                    # Whoever had it is gone.
                    in_flight = {
                        id: since for id, since in in_flight.items() if now - since < lease
                    }
                    known.in_flight = in_flight
                # The oldest is the first.
                is_stuck = bool(in_flight) and now - next(iter(in_flight.values())) > STUCK
                is_troubled = is_stuck or known.is_slow or known.failures > FAILURES_BORNE
                if is_troubled:
                    troubled_in_flight += len(in_flight)
                is_resting = known.not_before is not None and now < known.not_before
                count = 0 if is_resting else max(0, known.most - len(in_flight))
                rooms[endpoint_id] = Room(count, is_troubled)
        return rooms, max(0, TROUBLED_MOST - troubled_in_flight)

    def forget(self) -> None:
        """For tests: what one of them left must not be seen by the next."""
        with self._guard:
            self._endpoints.clear()

    def _forget_idle(self) -> None:
        self._endpoints = {
            endpoint_id: known for endpoint_id, known in self._endpoints.items() if known.in_flight
        }


# This process's.
pace = Pace()
