"""When the database is away the answer is 503 with Retry-After, never a guess."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from psycopg_pool import PoolTimeout

from apps.core.problem_details import problem_response

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 2


class DatabaseAway:
    """Turns a lost or refused database connection into 503 and drops the broken connections."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
            return None
        return database_away(error)


def database_away(error: Exception) -> HttpResponse:
    logger.warning("the database is away", extra={"error": type(error).__name__})
    connection.close()
    answer = problem_response(
        status=503,
        code="temporarily_unavailable",
        title="We cannot serve this right now.",
        detail="Retry with the same Idempotency-Key: nothing is done twice.",
    )
    answer["Retry-After"] = str(RETRY_AFTER_S)
    return answer
