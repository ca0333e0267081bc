"""A simulator's memory: one SQLite file, so that a kill -9 loses nothing it has answered for."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

# An instruction and its callbacks are one transaction; a sent callback is deleted in a batch.
# synchronous=NORMAL survives the death of the process, not of the machine: enough here.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS instruction (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    provider_reference TEXT NOT NULL,
    handle TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    party TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at REAL NOT NULL,
    decide_at REAL,
    fault TEXT NOT NULL,
    fault_value REAL,
    details TEXT NOT NULL,
    UNIQUE (kind, reference)
);
CREATE INDEX IF NOT EXISTS instruction_handle ON instruction (handle) WHERE handle <> '';
CREATE TABLE IF NOT EXISTS callback (
    id INTEGER PRIMARY KEY,
    due_at REAL NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    tries_left INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS entry (
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    expires_at REAL,
    PRIMARY KEY (space, key)
);
"""
_INSTRUCTION_COLUMNS = (
    "id, kind, reference, provider_reference, handle, amount, currency, party,"
    " status, reason, created_at, decide_at, fault, fault_value, details"
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One order to move money, as the provider keeps it.

    Amount in minor units; times in seconds since 1970. `status` and `reason` are the provider's
    words for how it ends; `decide_at` is when it ends so, None if nobody has decided yet: what
    holds at any moment is computed from them, so no timer is lost in a crash. `handle` is a
    second unique name to look it up by (a pay token), "" if there is none.
    """

    kind: str
    reference: str
    provider_reference: str
    amount: int
    currency: str
    party: str
    status: str
    reason: str
    created_at: float
    decide_at: float | None
    handle: str = ""
    fault: str = ""
    fault_value: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0

    def is_decided(self, now: float) -> bool:
        return self.decide_at is not None and self.decide_at <= now


@dataclass(frozen=True, slots=True)
class DueCallback:
    """A callback that is promised. Stored until it has been sent or its tries are used up."""

    due_at: float
    url: str
    body: bytes
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    tries_left: int = 1
    id: int = 0


class Store:
    """Thread-safe: one writing connection under a lock, a fresh one for each long read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = self._connect()
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    # Instructions

    def add(
        self, instruction: Instruction, callbacks: Sequence[DueCallback] = ()
    ) -> tuple[DueCallback, ...] | None:
        """Store both or neither. Answers the callbacks with their ids; None for a known reference.

        A reference is unique within its kind.
        """
        with self._lock:
            execute = self._connection.execute
            execute("BEGIN IMMEDIATE")
            try:
                execute(
                    f"INSERT INTO instruction ({_INSTRUCTION_COLUMNS})"  # noqa: S608 (constant)
                    " VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    _values(instruction),
                )
                stored = self._add_callbacks(callbacks)
            except sqlite3.IntegrityError:
                execute("ROLLBACK")
                return None
            except BaseException:
                execute("ROLLBACK")
                raise
            execute("COMMIT")
        return stored

    def change(
        self, instruction: Instruction, callbacks: Sequence[DueCallback] = ()
    ) -> tuple[DueCallback, ...]:
        """Replace a stored instruction and promise more callbacks, both or neither."""
        with self._lock:
            execute = self._connection.execute
            execute("BEGIN IMMEDIATE")
            try:
                execute(
                    "UPDATE instruction SET kind=?, reference=?, provider_reference=?, handle=?,"
                    " amount=?, currency=?, party=?, status=?, reason=?, created_at=?,"
                    " decide_at=?, fault=?, fault_value=?, details=? WHERE id=?",
                    (*_values(instruction), instruction.id),
                )
                stored = self._add_callbacks(callbacks)
            except BaseException:
                execute("ROLLBACK")
                raise
            execute("COMMIT")
        return stored

    def find(self, kind: str, reference: str) -> Instruction | None:
        return self._one("kind = ? AND reference = ?", (kind, reference))

    def find_by_handle(self, handle: str) -> Instruction | None:
        return self._one("handle = ? AND handle <> ''", (handle,))

    def instructions(
        self, *, since: float = 0.0, decided_from: float | None = None, decided_to: float = 0.0
    ) -> Iterator[Instruction]:
        """All in order of arrival; with `decided_from`, those decided in [from, to)."""
        query = f"SELECT {_INSTRUCTION_COLUMNS} FROM instruction"  # noqa: S608 (constant)
        if decided_from is None:
            where, values = " WHERE created_at >= ? ORDER BY id", (since,)
        else:
            where = " WHERE created_at >= ? AND decide_at >= ? AND decide_at < ? ORDER BY id"
            values = (since, decided_from, decided_to)  # type: ignore[assignment]
        connection = self._connect()
        try:
            for row in connection.execute(query + where, values):
                yield _instruction(row)
        finally:
            connection.close()

    def total(self, kinds: Sequence[str], status: str, currency: str, now: float) -> int:
        """Sum of the amounts in one currency that ended with `status` by now."""
        marks = ",".join("?" * len(kinds))
        query = (
            "SELECT COALESCE(SUM(amount), 0) FROM instruction"  # noqa: S608 (marks only)
            f" WHERE kind IN ({marks}) AND status = ? AND currency = ? AND decide_at <= ?"
        )
        with self._lock:
            row = self._connection.execute(query, (*kinds, status, currency, now)).fetchone()
        return int(row[0])

    # Callbacks

    def due_callbacks(self) -> list[DueCallback]:
        """Every callback not sent yet, for a simulator that has just started."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT id, due_at, method, url, headers, body, tries_left FROM callback"
            ).fetchall()
        return [
            DueCallback(
                id=row[0],
                due_at=row[1],
                method=row[2],
                url=row[3],
                headers=json.loads(row[4]),
                body=row[5],
                tries_left=row[6],
            )
            for row in rows
        ]

    def forget_callbacks(self, ids: Iterable[int]) -> None:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "DELETE FROM callback WHERE id = ?", [(number,) for number in ids]
            )
            self._connection.execute("COMMIT")

    def put_off_callback(self, callback: DueCallback, *, due_at: float) -> DueCallback:
        later = replace(callback, due_at=due_at, tries_left=callback.tries_left - 1)
        with self._lock:
            self._connection.execute(
                "UPDATE callback SET due_at = ?, tries_left = ? WHERE id = ?",
                (later.due_at, later.tries_left, later.id),
            )
        return later

    # Everything else: tokens, API users, settings, armed faults, planted breaks

    def put(self, space: str, key: str, value: Any, *, expires_at: float | None = None) -> None:
        with self._lock:
            self._connection.execute(
                "INSERT OR REPLACE INTO entry (space, key, value, expires_at) VALUES (?, ?, ?, ?)",
                (space, key, json.dumps(value), expires_at),
            )

    def get(self, space: str, key: str) -> Any | None:
        """The stored JSON value, None if there is none or it has expired."""
        with self._lock:
            row = self._connection.execute(
                "SELECT value, expires_at FROM entry WHERE space = ? AND key = ?", (space, key)
            ).fetchone()
        if row is None or (row[1] is not None and row[1] <= time.time()):
            return None
        return json.loads(row[0])

    def entries(self, space: str) -> list[tuple[str, Any]]:
        """(key, value) in the order they were put."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT key, value, expires_at FROM entry WHERE space = ? ORDER BY rowid", (space,)
            ).fetchall()
        now = time.time()
        return [(row[0], json.loads(row[1])) for row in rows if row[2] is None or row[2] > now]

    def drop(self, space: str, key: str | None = None) -> None:
        """Forget one key, or the whole space."""
        with self._lock:
            if key is None:
                self._connection.execute("DELETE FROM entry WHERE space = ?", (space,))
            else:
                self._connection.execute(
                    "DELETE FROM entry WHERE space = ? AND key = ?", (space, key)
                )

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for table in ("instruction", "callback", "entry"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 (constant)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=10
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def _one(self, where: str, values: tuple[str, ...]) -> Instruction | None:
        with self._lock:
            row = self._connection.execute(
                f"SELECT {_INSTRUCTION_COLUMNS} FROM instruction WHERE {where}",  # noqa: S608
                values,
            ).fetchone()
        return None if row is None else _instruction(row)

    def _add_callbacks(self, callbacks: Sequence[DueCallback]) -> tuple[DueCallback, ...]:
        stored = []
        for callback in callbacks:
            cursor = self._connection.execute(
                "INSERT INTO callback (due_at, method, url, headers, body, tries_left)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    callback.due_at,
                    callback.method,
                    callback.url,
                    json.dumps(dict(callback.headers)),
                    callback.body,
                    callback.tries_left,
                ),
            )
            stored.append(replace(callback, id=cursor.lastrowid or 0))
        return tuple(stored)


def _values(instruction: Instruction) -> tuple[Any, ...]:
    return (
        instruction.kind,
        instruction.reference,
        instruction.provider_reference,
        instruction.handle,
        instruction.amount,
        instruction.currency,
        instruction.party,
        instruction.status,
        instruction.reason,
        instruction.created_at,
        instruction.decide_at,
        instruction.fault,
        instruction.fault_value,
        json.dumps(dict(instruction.details)),
    )


def _instruction(row: Sequence[Any]) -> Instruction:
    return Instruction(
        id=row[0],
        kind=row[1],
        reference=row[2],
        provider_reference=row[3],
        handle=row[4],
        amount=row[5],
        currency=row[6],
        party=row[7],
        status=row[8],
        reason=row[9],
        created_at=row[10],
        decide_at=row[11],
        fault=row[12],
        fault_value=row[13],
        details=json.loads(row[14]),
    )
