"""The database's clock: the one clock by which work is claimed, judged and signed.

Processes run on many hosts, and a host's clock may be wrong by minutes. What one wrote, another
judges ("sent too long ago", "not due yet"), so all of them must mean the same clock. The time is
measured against this process's monotonic clock every few seconds; in between it costs nothing.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic, time

from django.db import connection

from apps.core.database_errors import is_away

logger = logging.getLogger(__name__)

MEASURE_EVERY_S = 5.0
# Two clocks of one machine drift apart by less than this in a second.
DRIFT_S = 0.0002
# While the database is away.
TRY_EVERY_S = 1.0
# An answer this quick is believed at once; of slower ones the quickest of a few. What was measured
# before in a quieter moment is believed for longer: work that a process promised some milliseconds
# ahead is found too early by the others, and waits for their next look.
ROUND_TRIP_S = 0.02
MEASUREMENTS_MAX = 3
# The wall clock was set, or the machine slept: a sleep stops the monotonic clock.
PARTED_S = 0.1
# A process whose wall clock is off by more takes no work: ids and logs carry that clock.
SKEW_S_MAX = 5.0
SAY_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class _Measurement:
    """What three clocks said at the same instant, give or take `error_s`."""

    database: datetime
    monotonic_s: float
    wall_s: float
    error_s: float

    def better_of(self, new: _Measurement) -> _Measurement:
        """The new one, or this one as of then, if it is more certain and the two may both be true:
        they are not when another server answers, or this process was asleep."""
        passed_s = new.monotonic_s - self.monotonic_s
        database = self.database + timedelta(seconds=passed_s)
        error_s = self.error_s + passed_s * DRIFT_S
        differ_s = abs((new.database - database).total_seconds())
        if error_s >= new.error_s or differ_s > error_s + new.error_s:
            return new
        return replace(new, database=database, error_s=error_s)

    @property
    def skew_s(self) -> float:
        """How far this process's wall clock is ahead of the database's."""
        return self.wall_s - self.database.timestamp()


_measurement: _Measurement | None = None
_measure_at = float("-inf")
_measuring = threading.Lock()
_said_at = float("-inf")


def now() -> datetime:
    """The database's time, in UTC.

    Right to half the round trip of the last measurement: as a rule under a millisecond, on a busy
    machine some tens. While the database is away the last measurement goes on being used.

    Raises:
        OperationalError: the database is away and there is no measurement to go by.
    """
    measured = _current()
    return measured.database + timedelta(seconds=monotonic() - measured.monotonic_s)


def is_skewed() -> bool:
    """Whether this process's wall clock is off by more than SKEW_S_MAX. Says so, once a minute.

    Raises:
        OperationalError: as `now`.
    """
    global _said_at
    measured = _current()
    if abs(measured.skew_s) - measured.error_s <= SKEW_S_MAX:
        return False
    if monotonic() - _said_at > SAY_EVERY_S:
        _said_at = monotonic()
        logger.error(
            "the clock of this host is wrong: no work is taken",
            extra={"seconds_ahead": round(measured.skew_s, 3)},
        )
    return True


def skew_s() -> float:
    """How far this process's wall clock is ahead of the database's, beyond what was measured
    uncertainly.

    Raises:
        OperationalError: as `now`.
    """
    measured = _current()
    certain = max(0.0, abs(measured.skew_s) - measured.error_s)
    return certain if measured.skew_s > 0 else -certain


def measure_again() -> None:
    """Measure at the next use: after a reconnect it may be another server's clock."""
    global _measure_at
    _measure_at = float("-inf")


def _current() -> _Measurement:
    known = _measurement
    if known is None or _has_parted(known):
        # Nothing to go by: everybody waits for the one who measures.
        with _measuring:
            known = _measurement
            if known is None or _has_parted(known):
                known = _measure()
    elif monotonic() >= _measure_at and _measuring.acquire(blocking=False):
        try:
            known = _measure()
        except Exception as error:
            if not is_away(error):
                raise
            connection.close()
        finally:
            _measuring.release()
    return known


def _has_parted(known: _Measurement) -> bool:
    return abs((time() - known.wall_s) - (monotonic() - known.monotonic_s)) > PARTED_S


def _measure() -> _Measurement:
    global _measurement, _measure_at
    _measure_at = monotonic() + TRY_EVERY_S
    best = _ask()
    for _ in range(MEASUREMENTS_MAX - 1):
        if best.error_s * 2 <= ROUND_TRIP_S:
            break
        best = min(best, _ask(), key=lambda measured: measured.error_s)
    if _measurement is not None:
        best = _measurement.better_of(best)
    _measurement, _measure_at = best, monotonic() + MEASURE_EVERY_S
    return best


def _ask() -> _Measurement:
    with connection.cursor() as cursor:
        begun_s = monotonic()
        cursor.execute("SELECT clock_timestamp()")
        (database,) = cursor.fetchone()
        wall_s, ended_s = time(), monotonic()
    error_s = (ended_s - begun_s) / 2
    return _Measurement(
        database=database.astimezone(UTC),
        monotonic_s=begun_s + error_s,
        wall_s=wall_s - error_s,
        error_s=error_s,
    )
