"""The workers' door: it takes one claimed outbox message."""

from __future__ import annotations

from uuid import UUID

from apps.core import database_clock
from apps.core.work.outbox import ClaimedMessage
from apps.payout_batches.services import check_batch as checking


def check(message: ClaimedMessage) -> None:
    """Topic "payout_batch.check"."""
    checking.check_batch(batch_id=UUID(message.payload["batch_id"]), now=database_clock.now())
