from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.models import (
    ApprovalDecision,
    ApprovalEvidence,
    ApprovalRequest,
    RejectionEvidence,
)
from apps.approvals.rules.actions import approvable_actions, digest_of, person
from apps.approvals.selectors.whose_turn import Turn, may_decide, whose_turn
from apps.approvals.services.keep_evidence import keep_evidence
from apps.approvals.services.rehearse_act import rehearse_act
from apps.approvals.services.request_approval import REASON_LENGTH_MAX, ApprovalReasonMissing
from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.vault.kept_files import CheckedFile
from apps.vault.masked_text import reason_text


class ApprovalByTheSamePerson(DomainError):
    code = "approval_by_the_same_person"
    status = 403
    title = "Another person than who asked for it has to approve it."


class ApprovalCountedAlready(DomainError):
    code = "approval_counted_already"
    status = 409
    title = "One person counts once, herself or by a stand-in."


class ApprovalStepOfOthers(DomainError):
    code = "approval_step_of_others"
    status = 403
    title = "Its next step is for people of another role."


class ApprovalOfSomebodyGone(DomainError):
    code = "approval_of_somebody_gone"
    status = 409
    title = "Whoever asked for it, or did a step of it, may do so no longer."


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
    reason: str = "",
    evidence: CheckedFile | None = None,
    now: datetime,
) -> ApprovalRequest:
    """Approve, which does the next step of it and with the last one the act, in this very
    transaction; or reject, whatever step it is at.

    What the act refuses (a DomainError of its own) leaves the request as it was.

    Args:
        shown_digest: of the request as its page showed it.
        reason: why it is rejected.
        evidence: a file that proves why it is rejected, for who asked; nothing of an approval.

    Raises:
        ApprovalByTheSamePerson: whoever asked may reject, not approve.
        ApprovalCountedAlready: she did a step of it, or a stand-in did it for her.
        ApprovalStepOfOthers: she has not the role of the next step, nor does anybody she stands
            in for.
        ApprovalOfSomebodyGone: the rights of who asked, of who did a step, or her own were taken
            meanwhile.
        ApprovalNotPending: decided before, approved after its 24 hours, withdrawn because what it
            is about ended, or an act of another release: of that, only what staff asked for can be
            rejected.
        ApprovalChanged: the row is not what was shown.
        ApprovalReasonMissing: rejected without saying why.
    """
    known = ApprovalRequest.objects.get(pk=request_id)
    if (action := approvable_actions().get(known.action)) is not None:
        action.lock_target(known.payload)
    request = ApprovalRequest.objects.select_for_update().get(pk=request_id)
    if request.status == ApprovalRequest.Status.WITHDRAWN:
        raise ApprovalNotPending(
            _("This was withdrawn: what it is about ended, or was decided otherwise.")
        )
    if request.status != ApprovalRequest.Status.PENDING:
        raise ApprovalNotPending(_("This was decided already."))
    if is_approved and request.expires_at <= now:
        raise ApprovalNotPending(_("This waited too long: reject it, and ask for it again."))
    # What a merchant made ends with the thing itself, which this release cannot end.
    if action is None and (is_approved or request.requested_by_id is None):
        raise ApprovalNotPending(
            _("This server does not know this act yet, or no longer: try again after the update.")
        )
    known_file = ApprovalEvidence.objects.filter(request=request).values_list("sha256", flat=True)
    asked_with = known_file.first()
    digest = digest_of(
        request.action,
        request.target,
        request.payload,
        None if asked_with is None else bytes(asked_with),
    )
    if not (
        hmac.compare_digest(digest, bytes(request.digest))
        and hmac.compare_digest(digest, shown_digest)
    ):
        raise ApprovalChanged(_("This is not what was shown. Look at it again."))
    if is_approved:
        _do_step(request, decided_by, now)
    else:
        _reject(request, decided_by, reason, evidence, now)
    return request


def _do_step(request: ApprovalRequest, decided_by: AbstractBaseUser, now: datetime) -> None:
    if request.requested_by_id == decided_by.pk:
        raise ApprovalByTheSamePerson(_("Another person than who asked for it has to approve it."))
    turn = whose_turn(request, person_id=decided_by.pk, now=now)
    if decided_by.pk in turn.counted:
        raise ApprovalCountedAlready(_("You count once: another person does the next step."))
    if turn.as_id is None:
        raise ApprovalStepOfOthers(_("The next step of it is for people of another role."))
    _refuse_gone(request, decided_by, turn)
    _refuse_makers(request, decided_by, turn, now)
    ApprovalDecision.objects.create(
        request=request,
        step=turn.step,
        is_approved=True,
        person_id=decided_by.pk,
        stands_for_id=None if turn.as_id == decided_by.pk else turn.as_id,
        decided_at=now,
    )
    is_last = turn.step == len(request.steps)
    detail: dict[str, object] = {"approval": request.public_id}
    if len(request.steps) > 1:
        detail |= {"step": turn.step, "steps": len(request.steps)}
    if turn.as_id != decided_by.pk:
        detail["stands_for"] = person(turn.as_id)
    if is_last:
        _end(request, ApprovalRequest.Status.APPROVED, decided_by, now)
    _record(request, "approve" if is_last else "approve_step", decided_by, detail, now)
    if is_last:
        approvable_actions()[request.action].load()(
            request.payload,
            requested_by=person(request.requested_by_id),
            approved_by=person(decided_by.pk),
            reason=request.reason,
            now=now,
        )


def _refuse_gone(request: ApprovalRequest, decided_by: AbstractBaseUser, turn: Turn) -> None:
    """Whose rights were taken while it waited asked for nothing, and approved nothing."""
    asked_with = approvable_actions()[request.action].asked_with
    asked_by = request.requested_by_id
    if (
        not _is_of_staff(decided_by.pk)
        or (asked_by is not None and not _is_of_staff(asked_by, asked_with))
        or not all(map(may_decide, turn.counted))
    ):
        raise ApprovalOfSomebodyGone(
            _("The rights of who asked or approved were taken meanwhile: have it asked for anew.")
        )


def _is_of_staff(person_id: int, permission: str = "") -> bool:
    found = User.objects.filter(pk=person_id, is_active=True, is_staff=True).first()
    return found is not None and (not permission or found.has_perm(permission))


def _refuse_makers(
    request: ApprovalRequest, decided_by: AbstractBaseUser, turn: Turn, now: datetime
) -> None:
    """The act knows who made what it is done to: it refuses her at every step, not the last alone,
    and whom she stands in for."""
    # The last one's own name is what the act is done with.
    itself = {decided_by.pk} if turn.step == len(request.steps) else set()
    for one in {turn.as_id, decided_by.pk} - itself:
        rehearse_act(
            action=request.action,
            payload=request.payload,
            requested_by=person(request.requested_by_id),
            approved_by=person(one),
            reason=request.reason,
            now=now,
        )


def _reject(
    request: ApprovalRequest,
    decided_by: AbstractBaseUser,
    reason: str,
    evidence: CheckedFile | None,
    now: datetime,
) -> None:
    # It is kept for ever, in the audit trail too: no payer's number stays in it.
    reason = reason_text(reason, REASON_LENGTH_MAX)
    if not reason:
        raise ApprovalReasonMissing(_("Say why, in 300 characters at most."), field="reason")
    ApprovalDecision.objects.create(
        request=request,
        is_approved=False,
        person_id=decided_by.pk,
        reason=reason,
        decided_at=now,
    )
    _end(request, ApprovalRequest.Status.REJECTED, decided_by, now)
    detail: dict[str, object] = {"approval": request.public_id, "reason": reason}
    if evidence is not None:
        keep_evidence(evidence, request, of=RejectionEvidence, now=now)
        detail["evidence"] = evidence.facts
    _record(request, "reject", decided_by, detail, now)
    action = approvable_actions().get(request.action)
    if action is not None:
        action.end_undone(
            target=request.target, decided_by=person(decided_by.pk), reason=reason, now=now
        )


def _end(request: ApprovalRequest, status: str, by: AbstractBaseUser, now: datetime) -> None:
    request.status = status
    request.decided_by_id = by.pk
    request.decided_at = now
    request.save(update_fields=["status", "decided_by", "decided_at"])


def _record(
    request: ApprovalRequest,
    verb: str,
    by: AbstractBaseUser,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    record(
        actor=person(by.pk),
        action=f"{request.action}.{verb}",
        target=request.target,
        detail=detail,
        now=now,
    )
