from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.module_loading import import_string

from apps.approvals.models import Approval
from apps.approvals.rules.actions import known_action
from apps.approvals.services.decide_approval import ApprovalChanged, ApprovalNotPending
from apps.merchants.caller import Caller


@transaction.atomic
def decide_for_merchant(
    *,
    approval_id: UUID,
    is_approved: bool,
    shown_digest: bytes,
    caller: Caller,
    reason: str = "",
    now: datetime,
) -> Approval:
    """Approve or reject what waits for another of the caller's merchant, exactly as it was shown.

    Who may, and whether a rule demands people of the platform, says the thing itself, which is
    locked and decided in this transaction.

    Raises:
        ApprovalNotPending: decided, expired or withdrawn.
        ApprovalChanged: it is not what was shown.
        ApprovalActionUnknown: it is an act of another release; it waits as before.
        What deciding about the thing itself refuses: see ApprovableAction.decide_by_key.
    """
    approval = Approval.objects.get(pk=approval_id)
    if approval.status != Approval.Status.PENDING:
        raise ApprovalNotPending(f"It is {approval.status}.")
    if approval.expires_at <= now:
        raise ApprovalNotPending("It waited too long.")
    if not hmac.compare_digest(bytes(approval.digest), shown_digest):
        raise ApprovalChanged("Get it, look at it, and send its digest.", field="digest")
    decide = import_string(known_action(approval.action).decide_by_key)
    decide(
        target=approval.target,
        is_approved=is_approved,
        shown_digest=shown_digest,
        caller=caller,
        reason=reason,
        now=now,
    )
    approval.refresh_from_db()
    wanted = Approval.Status.APPROVED if is_approved else Approval.Status.REJECTED
    if approval.status != wanted:
        # It ended meanwhile, and what was decided just now is another time it was asked for.
        raise ApprovalNotPending(f"It is {approval.status}.")
    return approval
