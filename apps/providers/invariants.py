"""What must hold in the inbox of callbacks, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I14",
        "a callback is handled or rejected within the hour",
        """
        SELECT id FROM {callbacks} c
         WHERE CASE status WHEN 'received' THEN received_at < %(now)s - interval '1 hour'
                           ELSE handled_at IS NULL END
        """,
    ),
)
