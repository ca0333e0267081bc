"""Limits how many calls are in flight to each provider account or endpoint.

Whatever is called has a key. A key that answers well may have more calls at once, one that hangs or
fails gets fewer, so that it cannot take the threads that serve the others. Each process learns this
for itself, in memory. The database says what is due; a limiter only says how much of it this
process may start now, and for whom.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID
from weakref import WeakSet

from django.conf import settings

# Whatever names the called: it only has to be hashable.
Key: TypeAlias = Any

# A key that failed too often in a row gets nothing for this long after each further failure: the
# pause begins with the first and doubles up to the maximum.
REST_FIRST = timedelta(milliseconds=50)
REST_MAX = timedelta(seconds=1)

# After this many slow calls without a result in a row the key is closed: it gets one call at a
# time, a probe, with a pause before each that doubles up to the maximum. A probe may itself hang
# until its time-out, so the pauses are short: a key that works again is open within half a minute.
HANGS_BORNE = 4
PAUSE_FIRST = timedelta(seconds=1)
PAUSE_MAX = timedelta(seconds=8)

_limiters: WeakSet[ConcurrencyLimiter] = WeakSet()


@dataclass(slots=True)
class _KeyState:
    limit: int
    # Both in a row: calls without a result, and those of them that were slow.
    failures: int = 0
    hangs: int = 0
    is_slow: bool = False
    taken_at: datetime | None = None
    # When it was closed, and how many probes have failed since then.
    closed_at: datetime | None = None
    failed_probes: int = 0
    not_before: datetime | None = None
    # The items in flight and when each was started, the oldest first.
    in_flight: dict[UUID, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeySlots:
    """How many items a key may be given now, and whether it hangs or fails."""

    free: int
    is_troubled: bool


@dataclass(frozen=True, slots=True)
class Slots:
    """What may be started now.

    A key that is not in `keys` may have `first` items, a bulkhead that is not in `bulkheads` may
    have `bulkhead_most`. All keys in trouble together may have `troubled_free`.
    """

    keys: Mapping[Key, KeySlots]
    bulkheads: Mapping[Key, int]
    first: int
    bulkhead_most: int
    troubled_free: int

    def free_of(self, key: Key) -> int:
        known = self.keys.get(key)
        return self.first if known is None else known.free

    def holds_back(self, started: Iterable[Sequence[Key]]) -> bool:
        """Whether more may be due than was `started`, because a key had no slot left for it.

        Keys in trouble do not count: they are held back on purpose. `started`: the keys of each
        item.
        """
        of_key: Counter[Key] = Counter()
        of_bulkhead: Counter[Key] = Counter()
        for key, *bulkheads in started:
            of_key[key] += 1
            of_bulkhead.update(bulkheads)
        return (
            any(
                not known.is_troubled and of_key[key] >= known.free
                for key, known in self.keys.items()
            )
            or any(count >= self.first for key, count in of_key.items() if key not in self.keys)
            or any(
                count >= self.bulkheads.get(key, self.bulkhead_most)
                for key, count in of_bulkhead.items()
            )
        )


class ConcurrencyLimiter:
    """The slots of many keys.

    An item has several keys. The first names whoever is called: the limiter learns how it answers.
    The others are bulkheads: fixed limits around several first keys, such as all endpoints of one
    merchant.

    A new key has `first` slots. Each success doubles them, up to `most`; each slow call without a
    result halves them. Keys in trouble share `troubled_most` slots.

    Args:
        slow: a call that takes longer than this is slow.
        stuck: a key with items in flight and no success for this long is in trouble.
        failures_borne: how many failures in a row a key may have before it has to pause after each.
            None: it never has to, because a quick failure may be a proper answer.
        bulkhead_most: the slots of a bulkhead.
        keys_max: how many keys are remembered; beyond that, idle ones are forgotten.
    """

    def __init__(
        self,
        *,
        first: int,
        most: int,
        troubled_most: int,
        slow: timedelta,
        stuck: timedelta,
        failures_borne: int | None = None,
        bulkhead_most: int = 0,
        keys_max: int = 500,
    ) -> None:
        self.first, self.most = first, most
        self.bulkhead_most = bulkhead_most
        self._troubled_most = troubled_most
        self._slow, self._stuck = slow, stuck
        self._failures_borne = failures_borne
        self._keys_max = keys_max
        self._keys: dict[Key, _KeyState] = {}
        self._bulkheads: Counter[Key] = Counter()
        # In flight, the oldest first: its keys, and since when.
        self._items: dict[UUID, tuple[tuple[Key, ...], datetime]] = {}
        self._guard = threading.Lock()
        _limiters.add(self)

    def acquire(
        self, item_id: UUID, keys: Sequence[Key], now: datetime, *, is_failing: bool = False
    ) -> None:
        """Count an item that is about to start against its keys.

        This never refuses: the caller has asked `free_slots` before it claimed the item.
        `is_failing`: the database says that the first key has been failing, so a process that does
        not know it yet starts with a single slot.
        """
        with self._guard:
            self._drop(item_id)
            known = self._known(keys[0], is_failing=is_failing)
            known.in_flight[item_id] = now
            self._items[item_id] = (tuple(keys), now)
            self._bulkheads.update(keys[1:])

    def try_acquire(self, item_id: UUID, keys: Sequence[Key], now: datetime) -> bool:
        """Acquire if every one of its keys has a free slot; returns whether it did."""
        slots = self.free_slots(now)
        known = slots.keys.get(keys[0])
        is_full = (
            slots.free_of(keys[0]) < 1
            or (known is not None and known.is_troubled and slots.troubled_free < 1)
            or any(slots.bulkheads.get(bulkhead, 1) < 1 for bulkhead in keys[1:])
        )
        if not is_full:
            self.acquire(item_id, keys, now)
        return not is_full

    def release(
        self, item_id: UUID, *, is_taken: bool | None, took: timedelta, now: datetime
    ) -> None:
        """Free an item's slots and learn from what came of it.

        `is_taken`: whether the call had a result. None: it was not made, so nothing is learned.
        """
        with self._guard:
            dropped = self._drop(item_id)
            if dropped is None or is_taken is None:
                return
            keys, since = dropped
            self._learn(self._keys[keys[0]], since, is_taken=is_taken, took=took, now=now)

    def free_slots(self, now: datetime) -> Slots:
        """What may be started now."""
        keys: dict[Key, KeySlots] = {}
        troubled = 0
        with self._guard:
            self._drop_lost(now)
            for key, known in self._keys.items():
                is_stuck = self._is_stuck(known, now)
                is_troubled = is_stuck or known.is_slow or self._is_failing(known)
                if is_troubled:
                    # One key alone must not use up the slots that all keys in trouble share.
                    troubled += min(len(known.in_flight), self._troubled_most // 2)
                limit = min(known.limit, self.first) if is_stuck else known.limit
                is_resting = known.not_before is not None and now < known.not_before
                free = 0 if is_resting else max(0, limit - len(known.in_flight))
                if is_troubled or free != self.first:
                    keys[key] = KeySlots(free, is_troubled)
            bulkheads = {
                key: max(0, self.bulkhead_most - count) for key, count in self._bulkheads.items()
            }
        return Slots(
            keys,
            bulkheads,
            first=self.first,
            bulkhead_most=self.bulkhead_most,
            troubled_free=max(0, self._troubled_most - troubled),
        )

    def forget(self) -> None:
        with self._guard:
            self._keys.clear()
            self._items.clear()
            self._bulkheads.clear()

    def _known(self, key: Key, *, is_failing: bool) -> _KeyState:
        # Taken out and put back: the keys stand in the order of their last use.
        known = self._keys.pop(key, None)
        if known is None:
            if len(self._keys) >= self._keys_max:
                self._forget_idle()
            known = _KeyState(limit=self.first)
            if is_failing:
                known.limit = 1
                known.failures = (self._failures_borne or 0) + 1
        self._keys[key] = known
        return known

    def _learn(
        self, known: _KeyState, since: datetime, *, is_taken: bool, took: timedelta, now: datetime
    ) -> None:
        known.is_slow = took > self._slow
        if is_taken:
            known.limit = min(self.most, known.limit * 2)
            known.failures = known.hangs = known.failed_probes = 0
            known.not_before = known.closed_at = None
            known.taken_at = now
            return
        known.failures += 1
        known.hangs = known.hangs + 1 if known.is_slow else 0
        if known.is_slow:
            known.limit = max(1, known.limit // 2)
        if known.hangs >= HANGS_BORNE:
            self._close(known, since, now)
        elif self._is_failing(known):
            known.limit = 1
            doublings = min(known.failures - (self._failures_borne or 0) - 1, 10)
            known.not_before = now + min(REST_FIRST * 2**doublings, REST_MAX)

    def _close(self, known: _KeyState, since: datetime, now: datetime) -> None:
        known.limit = 1
        if known.closed_at is None:
            known.closed_at = now
        elif since >= known.closed_at:
            # Only a call that started after it was closed is a probe.
            known.failed_probes += 1
        known.not_before = now + min(PAUSE_FIRST * 2 ** min(known.failed_probes, 10), PAUSE_MAX)

    def _is_failing(self, known: _KeyState) -> bool:
        return self._failures_borne is not None and known.failures > self._failures_borne

    def _is_stuck(self, known: _KeyState, now: datetime) -> bool:
        """Whether nothing succeeded for `stuck` while an item was in flight. A key that answers
        others is not stuck because one call takes long."""
        if not known.in_flight:
            return False
        since = next(iter(known.in_flight.values()))
        if known.taken_at is not None:
            since = max(since, known.taken_at)
        return now - since > self._stuck

    def _drop(self, item_id: UUID) -> tuple[tuple[Key, ...], datetime] | None:
        dropped = self._items.pop(item_id, None)
        if dropped is not None:
            key, *bulkheads = dropped[0]
            self._keys[key].in_flight.pop(item_id, None)
            for bulkhead in bulkheads:
                self._bulkheads[bulkhead] -= 1
                if not self._bulkheads[bulkhead]:
                    del self._bulkheads[bulkhead]
        return dropped

    def _drop_lost(self, now: datetime) -> None:
        """Free the slots of items whose lease is over: another process may have them by now."""
        lost_until = now - settings.WORK_LEASE
        lost = []
        for item_id, (_, since) in self._items.items():
            if since > lost_until:
                break
            lost.append(item_id)
        for item_id in lost:
            self._drop(item_id)

    def _forget_idle(self) -> None:
        """Forget a tenth of the keys that have nothing in flight.

        Those that did not fail go first, and among them those that were not used for longest.
        """
        idle = [(key, known) for key, known in self._keys.items() if not known.in_flight]
        idle.sort(key=lambda one: one[1].failures > 0)
        for key, _ in idle[: max(1, self._keys_max // 10)]:
            del self._keys[key]


def clear_all() -> None:
    """For tests: what one of them left must not be seen by the next."""
    for limiter in _limiters:
        limiter.forget()
