from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from apps.core.database_errors import is_away
from apps.core.work.topics import routes

logger = logging.getLogger(__name__)

# A tick comes every second: a table that is locked must not keep several of them.
LOCK_WAIT_MS_MAX = 200


def due_topics(*, now: datetime) -> list[str]:
    """The topics to look at: those with something due, and those whose source cannot say.

    One statement for all of them, every second: a loop for each costs a start, a few calls to Redis
    and two claims, and of thirty topics hardly one has anything. Where it fails, by a table that is
    locked or not there yet, every topic is looked at: none waits for another's table.

    Raises what database_errors.is_away means.
    """
    checks = {
        topic: route.source.is_due(topic)
        for topic, route in routes().items()
        if hasattr(route.source, "is_due")
    }
    if not checks:
        return list(routes())
    try:
        due = _ask(checks, now=now)
    except Exception as error:
        if is_away(error):
            raise
        logger.warning("what is due was not found: every topic is woken", exc_info=error)
        return list(routes())
    return [topic for topic in routes() if topic not in checks or topic in due]


def _ask(checks: Mapping[str, str], *, now: datetime) -> set[str]:
    parts = [f"SELECT '{topic}' WHERE {check}" for topic, check in checks.items()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_WAIT_MS_MAX}ms"])
        cursor.execute(" UNION ALL ".join(parts), {"now": now})
        return {topic for (topic,) in cursor.fetchall()}
