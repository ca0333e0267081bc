"""Each time a batch holds or gives back is booked once: by an id that follows from what it is."""

from __future__ import annotations

from uuid import UUID, uuid5

from apps.payout_batches.models import PayoutBatch


def step_of_move(batch: PayoutBatch) -> UUID:
    """Of the move that comes next, whose number no other has."""
    return uuid5(batch.pk, f"move {batch.sequence + 1}")


def step_of_line(batch: PayoutBatch, line_id: UUID) -> UUID:
    """Of lines that leave it together, the first of them: a line leaves it once."""
    return uuid5(batch.pk, f"line {line_id}")
