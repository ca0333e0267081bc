"""The workers' doors: each takes one claimed item."""

from __future__ import annotations

from uuid import UUID

from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRow
from apps.core.work.outbox import ClaimedMessage
from apps.payout_batches.services import follow_late_success as batches
from apps.settlement.services import close_period as closing
from apps.settlement.services import follow_late_success as following
from apps.settlement.services import pay_settlement as paying


def close(item: LeasedRow) -> None:
    """Topic "settlement.close"."""
    closing.close_period(cycle_id=item.id, now=database_clock.now(), leased_until=item.leased_until)


def pay(item: LeasedRow) -> None:
    """Topic "settlement.pay"."""
    paying.pay_settlement(
        settlement_id=item.id, now=database_clock.now(), leased_until=item.leased_until
    )


def follow_late_success(message: ClaimedMessage) -> None:
    """Topic "payout.succeeded_late": the line of a batch and the settlement that the payout was."""
    payout_id = UUID(message.payload["payout_id"])
    batches.follow_late_success(payout_id)
    following.follow_late_success(payout_id, now=database_clock.now())
