"""A worker with fewer threads than topics would let some topics wait for as long as others have
work, and nobody would see why."""

from __future__ import annotations

from collections.abc import Collection

from apps.core.work.topics import routes

# Beside the loops: what beat starts, whose tasks take a thread each for a moment.
SPARE_THREADS = 2


def why_not_to_start(*, queues: Collection[str], threads: int) -> str:
    """Why a worker of these queues must not start with so few threads; "" if it may."""
    topics = sorted(topic for topic, route in routes().items() if route.queue in queues)
    needed = len(topics) + SPARE_THREADS
    if not topics or threads >= needed:
        return ""
    return (
        f"This worker has {threads} threads for {len(topics)} topics ({', '.join(topics)}). Each"
        f" topic at work holds one, and {SPARE_THREADS} are for what beat starts: with fewer, a"
        f" topic waits while others have work. Start it with --concurrency {needed} or more, or"
        " with fewer --queues, the rest served by another worker."
    )
