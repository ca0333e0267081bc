"""A connection that gives up when the database does not answer in time.

A statement's own timeout is kept by the server, which a silent line no longer reaches; keepalives
find a machine that is gone, but not a proxy that takes everything and passes nothing on. So the
waiting itself is bounded, here.
"""

from __future__ import annotations

from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from psycopg.rows import TupleRow

Result = TypeVar("Result")

# What a server that cancels a statement in time may need to say so.
MARGIN_S = 0.5


class LineSilent(psycopg.OperationalError):
    """The database did not answer in time. The connection is closed; what was asked may be done."""


class BoundedConnection(psycopg.Connection[TupleRow]):
    """`statement_s`: the longest that a statement may take; 0: without end."""

    statement_s: float = 0.0

    @classmethod
    def connect(cls, conninfo: str = "", **parameters: Any) -> Self:
        """As psycopg's, and `statement_s`."""
        statement_s = parameters.pop("statement_s", 0.0)
        connection = super().connect(conninfo, **parameters)
        connection.statement_s = statement_s
        return connection

    def wait(
        self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        if timeout is not None or not self.statement_s:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.statement_s + MARGIN_S)
        except _WaitTimeout:
            # Half an exchange: nothing that comes later may be taken for the next answer.
            self.pgconn.finish()
            raise LineSilent(f"no answer within {self.statement_s:g} s") from None
