"""The sequencer: one thread of one process gives events their places in the feed.

Every realtime process has one; the one that holds the lease works, the others try to take it each
second. The statement that places events looks itself whether the lease still holds.

Events are found by the number of their transaction (docs/adr/0009): those of all transactions that
may have ended since everything before was placed. While nobody follows any stream, each second is
all there is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import connection as django_connection

from apps.core.postgresql.bounded_connection import BoundedConnection
from apps.core.public_ids import new_id
from apps.realtime.services.give_up_lease import give_up_lease
from apps.realtime.services.sequence_events import ALL, sequence_events
from apps.realtime.services.take_lease import LEASE, take_lease

logger = logging.getLogger(__name__)

# Events placed by one statement.
SLICE = 2_000

TICK_S = 1.0
# Between two ticks only transactions younger than so many ticks are looked at: a long one must not
# make each look as long.
YOUNG_TICKS = 3
# Under steady traffic so many arrivals are let gather.
BATCHING_DELAY_S = 0.025
# Hubs with streams say each second that they are followed.
FOLLOWED_S = 3.0

NEWEST = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


class LeaseLost(Exception):
    """Somebody else leads."""


class Sequencer:
    """`on_placed` is called, on the sequencer's thread, each time new entries are committed."""

    def __init__(self, on_placed: Callable[[], None]) -> None:
        self._on_placed = on_placed
        self._bell = threading.Event()
        self._over = threading.Event()
        self.is_leader = False
        self._holder = new_id()
        self._followed_until = float("-inf")
        # Each event of a transaction with a smaller number has its place.
        self._horizon = 0
        # The newest transaction at each of the last ticks.
        self._newest: deque[int] = deque(maxlen=YOUNG_TICKS)
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def notify(self) -> None:
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
                    while not self._over.is_set():
                        if self._follow(connection):
                            self._lead(connection)
                    give_up_lease(connection, holder=self._holder)
            except LeaseLost:
                logger.warning("another process sequences events")
            except psycopg.Error as error:
                logger.warning("the sequencer lost the database", extra={"error": _name(error)})
            except Exception:
                logger.exception("the sequencer failed")
            finally:
                self.is_leader = False
            self._over.wait(TICK_S)

    def _follow(self, connection: psycopg.Connection[Any]) -> bool:
        """Until the lease is ours, or all is over: False."""
        while not self._over.is_set():
            horizon = take_lease(connection, holder=self._holder)
            if horizon is not None:
                self._horizon = horizon
                return True
            self._over.wait(TICK_S)
        return False

    def _lead(self, connection: psycopg.Connection[Any]) -> None:
        logger.info("sequencing events")
        self.is_leader = True
        self._catch_up(connection)
        ticked_at = 0.0
        while not self._over.is_set():
            self._bell.clear()
            begun = time.monotonic()
            if begun - ticked_at >= TICK_S:
                ticked_at = begun
                self._renew(connection)
                self._newest.append(self._place(connection, after=self._horizon))
            else:
                self._place(connection, after=max(self._horizon, self._newest[0]))
            # What rings meanwhile is heard after it.
            self._over.wait(BATCHING_DELAY_S)
            self._bell.wait(max(0.0, ticked_at + TICK_S - time.monotonic()))

    def _catch_up(self, connection: psycopg.Connection[Any]) -> None:
        """Place what the leader before did not."""
        row = connection.execute(NEWEST).fetchone()
        newest = row[0] if row else 0
        before = None
        if self._horizon > newest:
            # The database was restored from a dump: its transactions are numbered anew.
            self._horizon, before = 0, ALL
        self._newest.clear()
        self._newest.append(self._place(connection, after=self._horizon, before=before))
        self._horizon = min(self._horizon, newest)

    def _renew(self, connection: psycopg.Connection[Any]) -> None:
        if take_lease(connection, holder=self._holder, horizon=self._horizon) is None:
            raise LeaseLost

    def _place(
        self, connection: psycopg.Connection[Any], *, after: int, before: int | None = None
    ) -> int:
        """Place all that is found from there on; returns the newest transaction."""
        renewed_at = time.monotonic()
        while True:
            done = sequence_events(
                connection, holder=self._holder, after=after, before=before, limit=SLICE
            )
            if not done.has_lease:
                raise LeaseLost
            if done.placed:
                self._on_placed()
            if after <= self._horizon:
                self._horizon = max(self._horizon, done.horizon)
            if done.is_all or self._over.is_set():
                return done.newest
            after = done.last
            if time.monotonic() - renewed_at >= TICK_S:
                renewed_at = time.monotonic()
                self._renew(connection)


def connect() -> psycopg.Connection[Any]:
    """A connection of its own, never lent to anybody else."""
    parameters = django_connection.get_connection_params()
    parameters["cursor_factory"] = psycopg.Cursor
    connection = BoundedConnection.connect(**parameters, autocommit=True)
    # The planner cannot know how few ids a slice has: reading a whole table is never right here.
    connection.execute("SET enable_seqscan = off")
    # A statement of which only a part arrived must not hold the lease's row for longer.
    connection.execute(f"SET transaction_timeout = '{LEASE.total_seconds():g}s'")
    return connection


def _name(error: Exception) -> str:
    return type(error).__name__
