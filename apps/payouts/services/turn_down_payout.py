from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.approvals.models import Approval
from apps.core.public_ids import decode_id
from apps.orchestration.models import StatusChange
from apps.orchestration.services.end_approvals import end_approvals
from apps.payouts.models import PayoutStatus
from apps.payouts.rules.approvable import SEND
from apps.payouts.selectors.lock_payout import lock_payout
from apps.payouts.services.release_payout import release_payout


@transaction.atomic
def turn_down_payout(*, target: str, decided_by: str, reason: str, now: datetime) -> None:
    """Cancel a payout that was not approved: what was held of it is the merchant's again. Safe to
    repeat: one that waits no longer stays as it is.

    Args:
        target: its public id.
        decided_by: who rejected it; "" where nobody decided in time.
        reason: why it was rejected; it holds no number of a payer or payee.
    """
    payout = lock_payout(decode_id("po", target))
    if payout.status != PayoutStatus.NEEDS_APPROVAL:
        return
    sources = StatusChange.Source
    source = sources.STAFF if decided_by.startswith("user:") else sources.API
    release_payout(
        payout,
        PayoutStatus.CANCELED,
        source=source if decided_by else sources.CLOCK,
        detail="not approved: rejected" if decided_by else "not approved in time",
        now=now,
    )
    end_approvals(
        action=SEND,
        target=target,
        status=Approval.Status.REJECTED if decided_by else Approval.Status.EXPIRED,
        decided_by=decided_by,
        reason=reason,
        now=now,
    )
