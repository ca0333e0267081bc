from __future__ import annotations

from datetime import datetime

from apps.core.bulk_write import bulk_write
from apps.core.failpoints import failpoint
from apps.ledger.rules.outgoing import REFUND_KINDS, amounts_of
from apps.ledger.services.post import post
from apps.payments.services.return_reserved import return_reserved
from apps.refunds.models import Refund
from apps.refunds.transitions import move

ENDED_FIELDS = ("status", "failure_code", "sequence", "completed_at")


def release_refund(refund: Refund, to: str, *, source: str, detail: str, now: datetime) -> None:
    """End a locked refund that waits for approval and is never sent: what it set aside is the
    payment's again, and what was held of it, its fee included, the merchant's. Within the caller's
    transaction, which ends its approval.

    Args:
        to: canceled, or failed with its `failure_code` set before.
        detail: why, for its history.
    """
    return_reserved({refund.payment_id: refund.amount})
    returned = post(
        amounts_of(refund, REFUND_KINDS, "returned"),
        merchant_id=refund.merchant_id,
        source_id=refund.pk,
        livemode=refund.livemode,
        now=now,
    )
    moved = move(refund, to, source=source, detail=detail, now=now)
    bulk_write([*moved.rows, *returned], {refund: ENDED_FIELDS})
    failpoint("refunds.release.before_commit")
