"""What an error of the database says about the work that met it."""

from __future__ import annotations

import psycopg
from django.db import InterfaceError, OperationalError

# Without an SQLSTATE these never reached the server, or lost it.
CONNECTION_ERRORS = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)

# SQLSTATE classes: connection, resources (full disk, too many connections), intervention (shutdown,
# restart), the machine below.
AWAY_CLASSES = ("08", "53", "57", "58")
# A replica that was not promoted yet.
READ_ONLY = "25006"
# Somebody else was in the way: a deadlock or serialization failure, a lock waited for in vain, a
# statement that took too long.
BUSY_CLASS = "40"
BUSY = ("55P03", "57014")


def is_away(error: BaseException) -> bool:
    """The database cannot be written to now, whatever is asked of it."""
    sqlstate = _sqlstate(error)
    if not sqlstate:
        return isinstance(error, CONNECTION_ERRORS)
    return sqlstate not in BUSY and (sqlstate.startswith(AWAY_CLASSES) or sqlstate == READ_ONLY)


def is_busy(error: BaseException) -> bool:
    """The same may succeed a moment later."""
    sqlstate = _sqlstate(error)
    return sqlstate.startswith(BUSY_CLASS) or sqlstate in BUSY


def _sqlstate(error: BaseException) -> str:
    # Django wraps the driver's error, which has it.
    return getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None) or ""
