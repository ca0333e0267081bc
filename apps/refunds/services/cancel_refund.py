from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.core.errors import DomainError
from apps.orchestration.models import StatusChange
from apps.orchestration.services.end_approvals import end_approvals
from apps.refunds.models import Refund, RefundStatus
from apps.refunds.rules.approvable import SEND
from apps.refunds.selectors.lock_refund import lock_refund
from apps.refunds.services.release_refund import release_refund


class RefundNotCancelable(DomainError):
    code = "refund_not_cancelable"
    status = 409
    title = "Only a refund that waits for approval is canceled."


@transaction.atomic
def cancel_refund(*, refund_id: UUID, now: datetime) -> Refund:
    """Take back a refund that waits for approval, at its merchant's wish: nothing was sent, and
    what it set aside is the payment's and the merchant's again.

    Raises:
        RefundNotCancelable: it is being sent, or over.
    """
    refund = lock_refund(refund_id)
    if refund.status != RefundStatus.NEEDS_APPROVAL:
        raise RefundNotCancelable(f"It is {refund.status}.")
    release_refund(
        refund,
        RefundStatus.CANCELED,
        source=StatusChange.Source.API,
        detail="canceled by the merchant",
        now=now,
    )
    end_approvals(action=SEND, target=refund.public_id, status=Approval.Status.WITHDRAWN, now=now)
    return refund
