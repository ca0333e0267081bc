"""When the database is away the answer is 503 with Retry-After, never a guess."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from psycopg.errors import ConnectionTimeout, LockNotAvailable, QueryCanceled
from psycopg_pool import PoolTimeout

from apps.core.api.problem_details import problem_response
from apps.core.postgresql.bounded_connection import LineSilent

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 2
# After a line was found silent nobody is sent to find out whether it is back.
SPARED_S = 0.5
# A request that finds out and is not done by then (its body comes slowly) is not waited for.
SCOUTING_S = 4.0


class DatabaseAway:
    """Turns a lost or refused database connection into 503 and drops the broken connections.

    Whoever waits in vain for a connection waits for seconds. While it is away one request at a
    time does so, to find out when it is back; the others are answered at once.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._is_away = False
        self._spared_until = 0.0
        self._lock = threading.Lock()
        self._next_scout_at = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self._is_away:
            return self.get_response(request)
        # Whoever queued behind threads that waited in vain has waited enough.
        is_spared = monotonic() < self._spared_until
        if is_spared or not self._is_sent_to_find_out():
            return _answer()
        try:
            response = self.get_response(request)
            self._is_away = response.status_code == 503
            return response
        finally:
            self._next_scout_at = 0.0

    def _is_sent_to_find_out(self) -> bool:
        with self._lock:
            now = monotonic()
            if now < self._next_scout_at:
                return False
            self._next_scout_at = now + SCOUTING_S
            return True

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
            return None
        if isinstance(error.__cause__, (LockNotAvailable, QueryCanceled)):
            logger.warning("the database took too long", extra={"path": request.path})
            return _answer()
        # Not even a connection could be had, from a pool or otherwise; or nothing is heard over it.
        if connection.connection is None or isinstance(error.__cause__, LineSilent):
            self._is_away = True
        if isinstance(error.__cause__, (LineSilent, ConnectionTimeout)):
            self._spared_until = monotonic() + SPARED_S
        return database_away(error)


def database_away(error: Exception) -> HttpResponse:
    logger.warning("the database is away", extra={"error": type(error).__name__})
    connection.close()
    return _answer()


def _answer() -> HttpResponse:
    answer = problem_response(
        status=503,
        code="temporarily_unavailable",
        title="We cannot serve this right now.",
        detail="Retry with the same Idempotency-Key: nothing is done twice.",
    )
    answer["Retry-After"] = str(RETRY_AFTER_S)
    return answer
