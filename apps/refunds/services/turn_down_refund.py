from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.approvals.models import Approval
from apps.core.public_ids import decode_id
from apps.orchestration.models import StatusChange
from apps.orchestration.services.end_approvals import end_approvals
from apps.refunds.models import RefundStatus
from apps.refunds.rules.approvable import SEND
from apps.refunds.selectors.lock_refund import lock_refund
from apps.refunds.services.release_refund import release_refund


@transaction.atomic
def turn_down_refund(*, target: str, decided_by: str, reason: str, now: datetime) -> None:
    """Cancel a refund that was not approved: what it set aside is the payment's and the
    merchant's again. Safe to repeat: one that waits no longer stays as it is.

    Args:
        target: its public id.
        decided_by: who rejected it; "" where nobody decided in time.
        reason: why it was rejected; it holds no number of a payer.
    """
    refund = lock_refund(decode_id("ref", target))
    if refund.status != RefundStatus.NEEDS_APPROVAL:
        return
    sources = StatusChange.Source
    source = sources.STAFF if decided_by.startswith("user:") else sources.API
    release_refund(
        refund,
        RefundStatus.CANCELED,
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
