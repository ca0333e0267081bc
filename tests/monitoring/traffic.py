"""Simulated traffic of one rail: days and nights, weekends, days better and worse than others.

Steps of ten seconds, as often as the platform looks; the counts are kept by the minute, as the
platform keeps them. Nothing here knows the rules.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import cos, pi, sqrt
from random import Random

from apps.monitoring.rules.anomaly import Counts, Usual
from apps.monitoring.rules.rails import judge
from apps.monitoring.rules.response_times import SIZE

STEP_S = 10
MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 7 * 86_400
# A busy rail's: the payers' own reasons, the rail's, and what waits over 30 seconds.
PAYERS, RAILS, SLOW = 0.14, 0.02, 0.01
SENT, ANSWERED, SUCCEEDED, FAILED_PAYER, FAILED_RAIL = range(5)
# The fields of Counts before its response times.
PLAIN = 7
WIDTH = PLAIN + SIZE


@dataclass(frozen=True)
class Fault:
    """What a rail does from `begin` on, in seconds of simulated time."""

    begin: int
    end: int = 10**9
    rail_failures: float = RAILS
    payer_failures: float = PAYERS
    slow: float = SLOW
    # Of the usual traffic; 0: nobody answers.
    part: float = 1.0


@dataclass
class Rail:
    """`a_minute`: payments on average over the week."""

    a_minute: float
    seed: int = 1
    faults: tuple[Fault, ...] = ()
    days_differ: float = 0.01
    step_s: int = STEP_S
    random: Random = field(init=False)
    # What there was in all up to the end of each of the last minutes, the running one included.
    totals: deque[list[int]] = field(init=False)
    # Hour of the week -> what it was in the weeks before, oldest first.
    past: dict[int, deque[Counts]] = field(init=False, default_factory=dict)
    recent_days: deque[Counts] = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.totals = deque([[0] * WIDTH for _ in range(62)], maxlen=62)
        self.recent_days = deque([Counts()], maxlen=28)
        self._day, self._drift, self._traffic = -1, 0.0, 1.0

    def remember(self) -> None:
        """Four clean weeks before the first day, an hour at a time."""
        for week in range(4):
            for hour in range(168):
                self._new_day(hour // 24 + 7 * week)
                at = hour * HOUR
                found = self._counts(self.a_minute * 60 * self.shape(at), Fault(0))
                self.past.setdefault(hour, deque(maxlen=4)).append(found)
                self.recent_days[-1] = self.recent_days[-1] + found
                if hour % 24 == 23:
                    self.recent_days.append(Counts())
        self._day = -1

    def shape(self, at: int) -> float:
        """Noon has many times the traffic of the night, Sunday less than Friday."""
        hour, day = at % DAY / HOUR, at // DAY % 7
        return (1.05 - cos(2 * pi * (hour - 2) / 24)) * (0.6 if day == 6 else 1.05)

    def live(self, begin: int, end: int) -> Iterator[int]:
        """Each step of simulated time, after its payments are counted."""
        for at in range(begin, end, self.step_s):
            if at % MINUTE == 0:
                self.totals.append(list(self.totals[-1]))
            if at // DAY != self._day:
                self._new_day(at // DAY)
            fault = next((one for one in self.faults if one.begin <= at < one.end), Fault(0))
            expected = (
                self.a_minute * self.step_s / 60 * self.shape(at) * self._traffic * fault.part
            )
            running = self.totals[-1]
            for place, count in self._numbers(expected, fault):
                running[place] += count
            if (at + self.step_s) % HOUR == 0:
                self._keep_hour(at)
            yield at + self.step_s

    def lately(self, now: int) -> Callable[[float], tuple[Counts, float]]:
        def look(seconds: float) -> tuple[Counts, float]:
            partial = now % MINUTE or MINUTE
            whole = max(0, -(-int(seconds - partial) // MINUTE))
            covered = partial + whole * MINUTE
            return self._since(whole), covered

        return look

    def usual(self, now: int) -> Usual:
        weeks = tuple(reversed(self.past.get(now // HOUR % 168, ())))
        return Usual(weeks=weeks, overall=sum(self.recent_days, Counts()))

    def _keep_hour(self, at: int) -> None:
        found = self._since(59)
        self.past.setdefault(at // HOUR % 168, deque(maxlen=4)).append(found)
        self.recent_days[-1] = self.recent_days[-1] + found
        if (at + self.step_s) % DAY == 0:
            self.recent_days.append(Counts())

    def _new_day(self, day: int) -> None:
        self._day = day
        self._drift = self.random.gauss(0, self.days_differ)
        self._traffic = max(0.6, self.random.gauss(1, 0.12))

    def _since(self, whole: int) -> Counts:
        """Of the running minute and so many before it."""
        last, first = self.totals[-1], self.totals[-2 - whole]
        counted = [one - other for one, other in zip(last, first, strict=True)]
        return Counts(*counted[:PLAIN], responses=counted[PLAIN:])

    def _counts(self, expected: float, fault: Fault) -> Counts:
        counted = [0] * WIDTH
        for place, count in self._numbers(expected, fault):
            counted[place] = count
        return Counts(*counted[:PLAIN], responses=counted[PLAIN:])

    def _numbers(self, expected: float, fault: Fault) -> tuple[tuple[int, int], ...]:
        """(place among the fields of Counts, how many)."""
        sent = self._poisson(expected)
        if not sent:
            return ()
        troubled = self._binomial(sent, fault.rail_failures)
        payer = self._binomial(sent - troubled, max(0.0, fault.payer_failures + self._drift))
        late = self._binomial(sent, fault.slow)
        return (
            (SENT, sent),
            (ANSWERED, sent),
            (SUCCEEDED, sent - troubled - payer),
            (FAILED_PAYER, payer),
            (FAILED_RAIL, troubled),
            (PLAIN + 3, sent - late),
            (PLAIN + 9, late),
        )

    def _poisson(self, expected: float) -> int:
        if expected > 40:
            return max(0, round(self.random.gauss(expected, sqrt(expected))))
        count, waited = 0, self.random.expovariate(1) if expected else 1.0
        while waited < expected:
            count += 1
            waited += self.random.expovariate(1)
        return count

    def _binomial(self, tries: int, share: float) -> int:
        if tries * share * (1 - share) > 25:
            spread = sqrt(tries * share * (1 - share))
            return min(tries, max(0, round(self.random.gauss(tries * share, spread))))
        return sum(self.random.random() < share for _ in range(tries))


def alarms(rail: Rail, wanted, begin: int, end: int) -> list:
    """(second, rule) of each time a rule begins to find something, after an hour of traffic."""
    for _ in rail.live(begin - HOUR, begin):
        pass
    found, ringing, usual_of, usual = [], set(), -1, Usual()
    for now in rail.live(begin, end):
        if now // HOUR != usual_of:
            usual_of, usual = now // HOUR, rail.usual(now)
        lately = _remembering(rail.lately(now))
        for code, parameters in wanted.items():
            if judge(code, lately, usual, parameters) is None:
                ringing.discard(code)
            elif code not in ringing:
                ringing.add(code)
                found.append((now, code))
    return found


def _remembering(look):
    known = {}

    def lately(seconds):
        if seconds not in known:
            known[seconds] = look(seconds)
        return known[seconds]

    return lately
