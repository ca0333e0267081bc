from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.core.errors import DomainError
from apps.orchestration.models import StatusChange
from apps.orchestration.services.end_approvals import end_approvals
from apps.payouts.models import Payout, PayoutStatus
from apps.payouts.rules.approvable import SEND
from apps.payouts.selectors.lock_payout import lock_payout
from apps.payouts.services.release_payout import release_payout


class PayoutNotCancelable(DomainError):
    code = "payout_not_cancelable"
    status = 409
    title = "Only a payout that waits for approval is canceled."


@transaction.atomic
def cancel_payout(*, payout_id: UUID, now: datetime) -> Payout:
    """Take back a payout that waits for approval, at its merchant's wish: nothing was sent, and
    what was held of it is the merchant's again.

    Raises:
        PayoutNotCancelable: it is being sent, or over.
    """
    payout = lock_payout(payout_id)
    if payout.status != PayoutStatus.NEEDS_APPROVAL:
        raise PayoutNotCancelable(f"It is {payout.status}.")
    release_payout(
        payout,
        PayoutStatus.CANCELED,
        source=StatusChange.Source.API,
        detail="canceled by the merchant",
        now=now,
    )
    end_approvals(action=SEND, target=payout.public_id, status=Approval.Status.WITHDRAWN, now=now)
    return payout
