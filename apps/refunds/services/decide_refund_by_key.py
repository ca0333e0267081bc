from __future__ import annotations

import hmac
from datetime import datetime

from django.db import transaction

from apps.approvals.models import Approval
from apps.approvals.services.refuse_key import NotAsShown, WaitsNoMore, refuse_key
from apps.approvals.services.request_approval import REASON_LENGTH_MAX
from apps.core.public_ids import decode_id
from apps.merchants.caller import Caller
from apps.orchestration.models import StatusChange
from apps.refunds.models import RefundStatus
from apps.refunds.rules.approvable import SEND, digest_of
from apps.refunds.selectors.lock_refund import lock_refund
from apps.refunds.services.approve_refund import approve_refund
from apps.refunds.services.turn_down_refund import turn_down_refund
from apps.vault.masked_text import kept_text


@transaction.atomic
def decide_refund_by_key(
    *,
    target: str,
    is_approved: bool,
    shown_digest: bytes,
    caller: Caller,
    reason: str,
    now: datetime,
) -> None:
    """Approve or reject the refund of the caller's that an approval is about, as it was shown.

    Raises:
        ApprovalNeedsStaff, MadeByThisKey: see refuse_key.
        WaitsNoMore, NotAsShown: see approve_refund.
    """
    refund = lock_refund(decode_id("ref", target))
    if refund.status != RefundStatus.NEEDS_APPROVAL:
        raise WaitsNoMore(f"It is {refund.status}.")
    approval = Approval.objects.get(action=SEND, target=target, status=Approval.Status.PENDING)
    decided_by = refuse_key(approval, is_approved=is_approved, caller=caller)
    if is_approved:
        approve_refund(
            refund_id=refund.pk,
            shown_digest=shown_digest,
            approved_by=decided_by,
            source=StatusChange.Source.API,
            now=now,
        )
        return
    if not hmac.compare_digest(digest_of(refund), shown_digest):
        raise NotAsShown("Get it, look at it, and send its digest.", field="digest")
    turn_down_refund(
        target=target,
        decided_by=decided_by,
        # It is kept for ever.
        reason=kept_text(reason, REASON_LENGTH_MAX),
        now=now,
    )
