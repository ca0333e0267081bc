"""What must hold of the outbox at every instant. apps/core/invariant.py says how to read it."""

from __future__ import annotations

from apps.core.invariant import Invariant

INVARIANTS: tuple[Invariant, ...] = (
    # The longest wait is an hour: whatever is due later was not put there by us.
    Invariant(
        "I14",
        "no outbox message is due more than two hours ahead",
        """
        SELECT id FROM core_outboxmessage
         WHERE GREATEST(available_at, leased_until) > %(now)s + interval '2 hours'
        """,
    ),
    # A retry pushes its own time ahead for ever: that alone proves nothing.
    Invariant(
        "I14",
        "an outbox message tried 50 times or a day old has an owner",
        """
        SELECT id FROM core_outboxmessage
         WHERE needs_person_since IS NULL
           AND (tries >= 50 OR created_at < %(now)s - interval '1 day')
        """,
    ),
)
