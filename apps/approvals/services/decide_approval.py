from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.actions import approvable_actions, digest_of, person
from apps.audit.services.record import record
from apps.core.errors import DomainError


class ApprovalByTheSamePerson(DomainError):
    code = "approval_by_the_same_person"
    status = 403
    title = "Another person than who asked for it has to approve it."


class ApprovalNotPending(DomainError):
    code = "approval_not_pending"
    status = 409
    title = "This is decided already, or waited too long."


class ApprovalChanged(DomainError):
    code = "approval_changed"
    status = 409
    title = "This is not what was shown. Look at it again."


@transaction.atomic
def decide_approval(
    *,
    request_id: UUID,
    is_approved: bool,
    shown_digest: bytes,
    decided_by: AbstractBaseUser,
    now: datetime,
) -> ApprovalRequest:
    """Approve, which does the act in this very transaction, or reject.

    What the act refuses (a DomainError of its own) leaves the request pending.

    Args:
        shown_digest: of the request as its page showed it.

    Raises:
        ApprovalByTheSamePerson: whoever asked may reject, not approve.
        ApprovalNotPending: decided before, or approved after its 24 hours.
        ApprovalChanged: the row is not what was shown.
    """
    request = ApprovalRequest.objects.select_for_update().get(pk=request_id)
    if request.status != ApprovalRequest.Status.PENDING:
        raise ApprovalNotPending(_("This was decided already."))
    if is_approved and request.expires_at <= now:
        raise ApprovalNotPending(_("This waited too long: reject it, and ask for it again."))
    if is_approved and request.requested_by_id == decided_by.pk:
        raise ApprovalByTheSamePerson(_("Another person than who asked for it has to approve it."))
    digest = digest_of(request.action, request.target, request.payload)
    if not (
        hmac.compare_digest(digest, bytes(request.digest))
        and hmac.compare_digest(digest, shown_digest)
    ):
        raise ApprovalChanged(_("This is not what was shown. Look at it again."))
    statuses = ApprovalRequest.Status
    request.status = statuses.APPROVED if is_approved else statuses.REJECTED
    request.decided_by_id = decided_by.pk
    request.decided_at = now
    request.save(update_fields=["status", "decided_by", "decided_at"])
    record(
        actor=person(decided_by.pk),
        action=f"{request.action}.{'approve' if is_approved else 'reject'}",
        target=request.target,
        detail={"approval": request.public_id},
        now=now,
    )
    if is_approved:
        approvable_actions()[request.action].load()(
            request.payload,
            requested_by=person(request.requested_by_id),
            approved_by=person(decided_by.pk),
            reason=request.reason,
            now=now,
        )
    return request
