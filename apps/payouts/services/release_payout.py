from __future__ import annotations

from datetime import datetime

from apps.core.bulk_write import bulk_write
from apps.core.failpoints import failpoint
from apps.ledger.rules.outgoing import PAYOUT_KINDS, amounts_of
from apps.ledger.services.post import post
from apps.payouts.models import Payout
from apps.payouts.transitions import move

ENDED_FIELDS = ("status", "failure_code", "sequence", "completed_at")


def release_payout(payout: Payout, to: str, *, source: str, detail: str, now: datetime) -> None:
    """End a locked payout that waits for approval and is never sent: what was held of it, its fee
    included, is the merchant's again. Within the caller's transaction, which ends its approval.

    Args:
        to: canceled, or failed with its `failure_code` set before.
        detail: why, for its history.
    """
    returned = post(
        amounts_of(payout, PAYOUT_KINDS, "returned"),
        merchant_id=payout.merchant_id,
        source_id=payout.pk,
        livemode=payout.livemode,
        now=now,
    )
    moved = move(payout, to, source=source, detail=detail, now=now)
    bulk_write([*moved.rows, *returned], {payout: ENDED_FIELDS})
    failpoint("payouts.release.before_commit")
