"""The workers' doors: each takes one claimed item."""

from __future__ import annotations

import time
from uuid import UUID

from celery import shared_task

from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRow
from apps.core.work.outbox import ClaimedMessage
from apps.core.work.worker_loop import stopping
from apps.payout_batches.services import check_batch as checking
from apps.payout_batches.services import check_name as checking_names
from apps.payout_batches.services import follow_late_success as following
from apps.payout_batches.services import forget_rail_names as forgetting
from apps.payout_batches.services import forget_uploads as forgetting_uploads
from apps.payout_batches.services.hand_back_batch import hand_back_batch
from apps.payout_batches.services.run_batch import run_batch

# How long a thread stays with one batch before it looks who else waits: well within the lease.
SHIFT_S = 10.0
# How often it looks which payouts have ended: meanwhile it sends.
LOOK_EVERY_S = 0.5


def check(message: ClaimedMessage) -> None:
    """Topic "payout_batch.check"."""
    checking.check_batch(batch_id=UUID(message.payload["batch_id"]), now=database_clock.now())


def run(item: LeasedRow) -> None:
    """Topic "payout_batch.run": stay with a batch as long as there is something of it to do or to
    wait for."""
    ends_at = time.monotonic() + SHIFT_S
    looked_at = 0.0
    while True:
        looks = time.monotonic() - looked_at >= LOOK_EVERY_S
        if looks:
            looked_at = time.monotonic()
        wait = run_batch(
            batch_id=item.id,
            leased_until=item.leased_until,
            now=database_clock.now(),
            looks_for_ends=looks,
        )
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


def check_name(item: LeasedRow) -> None:
    """Topic "payout_batch.check_name"."""
    checking_names.check_name(
        line_id=item.id, leased_until=item.leased_until, now=database_clock.now()
    )


@shared_task(name="payout_batches.forget_rail_names")
def forget_rail_names() -> None:
    forgetting.forget_rail_names(now=database_clock.now())


@shared_task(name="payout_batches.forget_uploads")
def forget_uploads() -> None:
    forgetting_uploads.forget_uploads(now=database_clock.now())


def follow_late_success(message: ClaimedMessage) -> None:
    """Topic "payout.succeeded_late"."""
    following.follow_late_success(UUID(message.payload["payout_id"]))
