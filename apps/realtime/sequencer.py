"""The sequencer: one thread of one process gives events their places in the feed.

Every realtime process has one; the one that holds the advisory lock works, the others try to get
it each second. The lock belongs to the connection that inserts: it cannot outlive its holder, and
its holder cannot insert without it.

How events are found, without a mark on them (docs/adr/0009): those with young ids each time the
doorbell rings, those of the last minute each second, and the last day in slices, round and round.
An id may be as old as its transaction is slow, or as its outbox message is late. While nobody
follows any stream, each second is all there is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection as django_connection

from apps.core.postgresql.bounded_connection import BoundedConnection
from apps.core.public_ids import first_id_at, made_at
from apps.realtime.services.sequence_events import (
    FIRST,
    LAST,
    Slice,
    sequence_events,
)

logger = logging.getLogger(__name__)

# Two numbers: a space of their own among the advisory locks.
LOCK = (0x10A1, 1)

# How old an id may be and still be found at once; clocks of two machines may differ by as much.
YOUNG = timedelta(seconds=3)
# … within a second, …
RECENT = timedelta(minutes=1)
# … and within a round of the sweep.
OLD = timedelta(days=1)

# Ids looked at in one statement, and of the sweep each second.
SLICE = 5_000
SWEEP_SLICE = 10_000

TICK_S = 1.0
# Under steady traffic so many arrivals are let gather.
GATHER_S = 0.025
# Hubs with streams say each second that they are followed.
FOLLOWED_S = 3.0

NEWEST = "SELECT event_id FROM realtime_feedentry ORDER BY event_id DESC LIMIT 1"


class Sequencer:
    """`on_placed` is called, on the sequencer's thread, each time new entries are committed."""

    def __init__(self, on_placed: Callable[[], None]) -> None:
        self._on_placed = on_placed
        self._bell = threading.Event()
        self._over = threading.Event()
        self.is_leader = False
        self._followed_until = float("-inf")
        self._swept = FIRST
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ring(self) -> None:
        """There may be new events. From any thread."""
        self._bell.set()

    @property
    def is_followed(self) -> bool:
        """Whether events are to be placed as they come."""
        return time.monotonic() < self._followed_until

    def note_followed(self) -> None:
        """Somebody follows a stream, of whichever process. From any thread."""
        was_followed = self.is_followed
        self._followed_until = time.monotonic() + FOLLOWED_S
        if not was_followed:
            self._bell.set()

    def stop(self) -> None:
        self._over.set()
        self._bell.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with connect() as connection:
                    self._follow(connection)
                    if not self._over.is_set():
                        self._lead(connection)
            except psycopg.Error as error:
                logger.warning("the sequencer lost the database", extra={"error": _name(error)})
            except Exception:
                logger.exception("the sequencer failed")
            finally:
                self.is_leader = False
            self._over.wait(TICK_S)

    def _follow(self, connection: psycopg.Connection[Any]) -> None:
        """Until the lock is ours."""
        while not self._over.is_set():
            (is_ours,) = _one(connection, "SELECT pg_try_advisory_lock(%s, %s)", LOCK)
            if is_ours:
                return
            self._over.wait(TICK_S)

    def _lead(self, connection: psycopg.Connection[Any]) -> None:
        logger.info("sequencing events")
        self.is_leader = True
        now = datetime.now(UTC)
        self._place(connection, after=_where_to_begin(connection, now))
        ticked_at = 0.0
        while not self._over.is_set():
            self._bell.clear()
            begun = time.monotonic()
            now = datetime.now(UTC)
            if begun - ticked_at >= TICK_S:
                ticked_at = begun
                self._place(connection, after=first_id_at(now - RECENT))
                self._sweep(connection, now=now)
            else:
                self._place(connection, after=first_id_at(now - YOUNG))
            # What rings meanwhile is heard after it.
            self._over.wait(GATHER_S)
            self._bell.wait(max(0.0, ticked_at + TICK_S - time.monotonic()))

    def _place(self, connection: psycopg.Connection[Any], *, after: UUID) -> None:
        while not self._over.is_set():
            seen = self._look(connection, after=after, until=LAST, limit=SLICE)
            if seen.seen < SLICE or seen.last_id is None:
                return
            after = seen.last_id

    def _sweep(self, connection: psycopg.Connection[Any], *, now: datetime) -> None:
        """The next slice of the last day; after the last one, the first."""
        oldest, youngest = first_id_at(now - OLD), first_id_at(now - RECENT)
        after = max(self._swept, oldest)
        seen = self._look(connection, after=after, until=youngest, limit=SWEEP_SLICE)
        is_round = seen.seen < SWEEP_SLICE or seen.last_id is None
        self._swept = FIRST if is_round or seen.last_id is None else seen.last_id
        if seen.placed:
            logger.info("late events placed", extra={"count": seen.placed})

    def _look(
        self, connection: psycopg.Connection[Any], *, after: UUID, until: UUID, limit: int
    ) -> Slice:
        seen = sequence_events(connection, after=after, until=until, limit=limit)
        if seen.placed:
            self._on_placed()
        return seen


def connect() -> psycopg.Connection[Any]:
    """A connection of its own, never lent to anybody else: it may hold the lock."""
    parameters = django_connection.get_connection_params()
    parameters["cursor_factory"] = psycopg.Cursor
    connection = BoundedConnection.connect(**parameters, autocommit=True)
    # The planner cannot know how few ids a slice has: reading a whole table is never right here.
    connection.execute("SET enable_seqscan = off")
    return connection


def _where_to_begin(connection: psycopg.Connection[Any], now: datetime) -> UUID:
    """After what the leader before has placed, or, if nobody ever has, a day ago."""
    newest = connection.execute(NEWEST).fetchone()
    if newest is None:
        return first_id_at(now - OLD)
    # An id from a clock that ran ahead must not hide the others.
    return first_id_at(min(made_at(newest[0]), now) - RECENT)


def _one(connection: psycopg.Connection[Any], sql: str, parameters: tuple[Any, ...]) -> Any:
    return connection.execute(sql, parameters).fetchone()


def _name(error: Exception) -> str:
    return type(error).__name__
