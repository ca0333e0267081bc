from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from apps.core import database_clock
from apps.core.work.worker_loop import stopping
from apps.payout_batches.due_work import DueBatch
from apps.payout_batches.services.follow_late_success import (
    follow_late_success as follow_late_success_service,
)
from apps.payout_batches.services.hand_back_batch import hand_back_batch
from apps.payout_batches.services.run_batch import run_batch

# How long a thread stays with one batch before it looks who else waits: well within the lease.
SHIFT_S = 10.0


def run(item: DueBatch) -> None:
    """Stay with a batch as long as there is something of it to do or to wait for."""
    ends_at = time.monotonic() + SHIFT_S
    while True:
        wait = run_batch(batch_id=item.id, leased_until=item.leased_until, now=database_clock.now())
        if wait is None:
            return
        if time.monotonic() + wait.total_seconds() > ends_at or stopping.is_set():
            hand_back_batch(
                batch_id=item.id,
                leased_until=item.leased_until,
                due_at=database_clock.now() + wait,
            )
            return
        # Nothing is open meanwhile, neither a transaction nor a lock.
        stopping.wait(wait.total_seconds())


def follow_late_success(message: Any) -> None:
    follow_late_success_service(UUID(message.payload["payout_id"]))
