"""Migrations beside the traffic: none makes it wait for long, none fails for good.

Outside a transaction each statement waits for its locks in turns of a tenth of a second: whoever
comes meanwhile stands in the queue behind it no longer than that. What locks nobody out (an index
built concurrently) waits for open transactions as long as they last. Each statement can be run
again, so a migration that was broken off goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, ProgrammingError
from django.db.backends.postgresql import schema
from django.db.models import Index, Model
from psycopg.errors import DuplicateObject, DuplicateTable, LockNotAvailable

# The longest that traffic may stand behind a statement that waits.
LOCK_TURN_MS = 100
# Between two turns the traffic that stood behind one goes by.
PAUSE_S = 0.4
# A transaction that does not end for so long is a person's matter.
PATIENCE_S = 1_800.0
# These lock out neither readers nor writers.
HARMLESS = ("CONCURRENTLY", "VALIDATE CONSTRAINT")
SETTINGS = ("SET LOCK_TIMEOUT", "SET STATEMENT_TIMEOUT", "RESET ")
IS_THERE = (DuplicateObject, DuplicateTable)

LIMITS = """
SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', '0', false)
"""
IS_INVALID = """
SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid)
"""


def _if_not_exists(sql: str, after: str) -> str:
    return sql.replace(after, f"{after} IF NOT EXISTS", 1)


own = schema.DatabaseSchemaEditor


class DatabaseSchemaEditor(own):
    sql_create_table = _if_not_exists(own.sql_create_table, "TABLE")
    sql_create_column = _if_not_exists(own.sql_create_column, "ADD COLUMN")
    sql_create_index = _if_not_exists(own.sql_create_index, "INDEX")
    sql_create_unique_index = _if_not_exists(own.sql_create_unique_index, "INDEX")
    sql_create_index_concurrently = _if_not_exists(
        own.sql_create_index_concurrently, "CONCURRENTLY"
    )
    sql_delete_table = own.sql_delete_table.replace("TABLE", "TABLE IF EXISTS", 1)
    sql_delete_column = own.sql_delete_column.replace("COLUMN", "COLUMN IF EXISTS", 1)
    sql_delete_constraint = own.sql_delete_constraint.replace(
        "CONSTRAINT", "CONSTRAINT IF EXISTS", 1
    )

    def add_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:
        if concurrently and not self.collect_sql:
            self.drop_invalid_index(index.name)
        super().add_index(model, index, concurrently=concurrently)

    def drop_invalid_index(self, name: str) -> None:
        """What an interrupted build left: it is used by nobody, and in the way."""
        with self.connection.cursor() as cursor:
            cursor.execute(IS_INVALID, [self.quote_name(name)])
            (is_invalid,) = cursor.fetchone()
        if is_invalid:
            self.execute(self.sql_delete_index_concurrently % {"name": self.quote_name(name)})

    def execute(self, sql: Any, params: Any = ()) -> None:
        said = str(sql).lstrip().upper()
        in_its_own_time = self.collect_sql or self.connection.in_atomic_block
        if in_its_own_time or said.startswith(SETTINGS):
            super().execute(sql, params)
            return
        composed = str(sql) if params is None else self.connection.ops.compose_sql(str(sql), params)
        is_harmless = any(word in said for word in HARMLESS)
        with self._limits(lock_ms=0 if is_harmless else LOCK_TURN_MS):
            self._execute_in_turns(composed)

    def _execute_in_turns(self, sql: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        self.connection.ensure_connection()
        while True:
            try:
                with self.connection.wrap_database_errors:
                    # Several commands in one string cannot be prepared.
                    self.connection.connection.execute(sql, prepare=False)
                return
            except OperationalError as error:
                is_in_use = isinstance(error.__cause__, LockNotAvailable)
                if not is_in_use or time.monotonic() > deadline:
                    raise
            except ProgrammingError as error:
                # PostgreSQL has no ADD CONSTRAINT IF NOT EXISTS.
                if "ADD CONSTRAINT" in sql and isinstance(error.__cause__, IS_THERE):
                    return
                raise
            time.sleep(PAUSE_S)

    @contextmanager
    def _limits(self, *, lock_ms: int) -> Iterator[None]:
        """How long a lock is waited for; the statement itself may take as long as it takes."""
        with self.connection.cursor() as cursor:
            cursor.execute(LIMITS, [str(lock_ms)])
        line = self.connection.connection
        before, line.statement_s = line.statement_s, 0.0
        try:
            yield
        finally:
            line.statement_s = before
            with self.connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("RESET statement_timeout")
