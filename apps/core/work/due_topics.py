from __future__ import annotations

from datetime import datetime

from django.db import connection

from apps.core.work.topics import routes


def due_topics(*, now: datetime) -> list[str]:
    """The topics to look at: those with something due, and those whose source cannot say.

    One statement for all of them, every second: a loop for each costs a start, a few calls to Redis
    and two claims, and of thirty topics hardly one has anything.
    """
    checks = {
        topic: route.source.is_due(topic)
        for topic, route in routes().items()
        if hasattr(route.source, "is_due")
    }
    if not checks:
        return list(routes())
    parts = [f"SELECT '{topic}' WHERE {check}" for topic, check in checks.items()]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"now": now})
        due = {topic for (topic,) in cursor.fetchall()}
    return [topic for topic in routes() if topic not in checks or topic in due]
