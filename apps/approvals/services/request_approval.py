from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.models import ApprovalEvidence, ApprovalRequest
from apps.approvals.rules.actions import APPROVAL_HOURS, approvable_actions, digest_of, person
from apps.approvals.selectors.demanded_steps import demanded_steps
from apps.approvals.services.keep_evidence import keep_evidence
from apps.approvals.services.rehearse_act import rehearse_act
from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.vault.kept_files import CheckedFile
from apps.vault.masked_text import reason_text

REASON_LENGTH_MAX = 300


class ApprovalReasonMissing(DomainError):
    code = "reason_missing"
    title = "Say why, in 300 characters at most."


class ApprovalAlreadyPending(DomainError):
    code = "approval_already_pending"
    status = 409
    title = "This waits for a decision already."


@transaction.atomic
def request_approval(
    *,
    action: str,
    target: str,
    payload: Mapping[str, Any],
    reason: str,
    requested_by: AbstractBaseUser,
    now: datetime,
    evidence: CheckedFile | None = None,
) -> ApprovalRequest:
    """Ask for an act that others have to approve within 24 hours: one other person, or whom the
    rules demand of it now. Nothing is done yet; what would be refused to them is refused at once.

    Args:
        action: a key of config/approvable_actions.py.
        target: the public id of what it is done to.
        payload: JSON that the action is called with; no personal data.
        evidence: a file that proves the reason; who decides is shown it, and decides on it.

    Raises:
        ApprovalReasonMissing: blank, or longer than 300 characters.
        ApprovalAlreadyPending: the same act on the same thing waits already.
        What the act itself refuses: see rehearse_act.
    """
    if action not in approvable_actions():
        raise ValueError(f"no such action: {action}")
    # It is kept for ever, in the audit trail too: no payer's number stays in it.
    reason = reason_text(reason, REASON_LENGTH_MAX)
    if not reason:
        raise ApprovalReasonMissing(_("Say why, in 300 characters at most."), field="reason")
    approvable_actions()[action].lock_target(payload)
    rehearse_act(
        action=action,
        payload=payload,
        requested_by=person(requested_by.pk),
        reason=reason,
        now=now,
    )
    request, is_new = ApprovalRequest.objects.get_or_create(
        action=action,
        target=target,
        status=ApprovalRequest.Status.PENDING,
        defaults={
            "payload": dict(payload),
            "digest": digest_of(action, target, payload, evidence.sha256 if evidence else None),
            "reason": reason,
            "steps": list(demanded_steps(action, payload, asked_by=person(requested_by.pk))),
            "requested_by_id": requested_by.pk,
            "requested_at": now,
            "expires_at": now + timedelta(hours=APPROVAL_HOURS),
        },
    )
    if not is_new:
        raise ApprovalAlreadyPending(_("This waits for a decision already."))
    detail: dict[str, Any] = {"approval": request.public_id, "reason": reason}
    if evidence is not None:
        keep_evidence(evidence, request, of=ApprovalEvidence, now=now)
        detail["evidence"] = evidence.facts
    record(
        actor=person(requested_by.pk),
        action=f"{action}.request",
        target=target,
        detail=detail,
        now=now,
    )
    return request
