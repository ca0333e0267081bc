from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.request_approval import request_approval
from apps.settlement.models import BankAnswerLine, Contradiction
from apps.settlement.rules.refusals import NotReturned
from apps.vault.kept_files import CheckedFile


def propose_return(
    *,
    line_id: UUID,
    reason: str,
    requested_by: AbstractBaseUser,
    now: datetime,
    evidence: CheckedFile | None = None,
) -> ApprovalRequest:
    """Ask a second person to book that a transfer which was booked as paid came back, as our bank
    says it: "settlement.returned", proved by the bank's answer. Nothing is booked by it.

    Raises:
        NotReturned: the line says something else, or somebody has seen to it.
        ApprovalAlreadyPending: this waits for a second person.
        SettlementMoved: it came back already, or is not booked as paid.
        SettlementReasonMissing, ApprovalReasonMissing.
    """
    line = BankAnswerLine.objects.select_related("settlement", "answer").filter(pk=line_id).first()
    if (
        line is None
        or line.settlement is None
        or line.contradiction != Contradiction.REJECTED_AFTER_PAID
        or line.closed_at is not None
    ):
        raise NotReturned(str(line_id))
    return request_approval(
        action="settlement.returned",
        target=line.settlement.public_id,
        payload={
            "settlement_id": str(line.settlement.pk),
            "amount": line.settlement.amount,
            "currency": line.settlement.currency,
            "evidence": " ".join(
                filter(None, [line.answer.public_id, line.answer.message_id, line.bank_code])
            ),
        },
        reason=reason,
        requested_by=requested_by,
        now=now,
        evidence=evidence,
    )
