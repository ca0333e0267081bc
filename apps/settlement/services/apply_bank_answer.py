from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit.services.record import record
from apps.settlement.models import BankAnswer, BankAnswerLine, BankAnswerStatus, SettlementStatus
from apps.settlement.rules.contradiction_of import ended_otherwise
from apps.settlement.rules.refusals import BankAnswerMoved
from apps.settlement.selectors.bank_answer_facts import lines_to_book, shown_of_answer
from apps.settlement.selectors.lock_settlement import lock_settlement
from apps.settlement.services.decide_settlement import Decision, decide_settlement
from apps.settlement.services.stop_paying import stop_paying


def apply_bank_answer(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> BankAnswer:
    """What the bank says of a file is booked, as two people read it: each transfer that is paid or
    rejected for good. What has ended meanwhile is left as it is; what has ended otherwise becomes
    a contradiction, which a person sees to.

    Args:
        payload: shown_of_answer.

    Raises:
        BankAnswerMoved: it is not what was shown, was booked, or whoever read it in approves.
    """
    answer = (
        BankAnswer.objects.select_for_update(of=("self",))
        .filter(pk=UUID(payload["answer_id"]), status=BankAnswerStatus.DRAFT)
        .first()
    )
    if answer is None or answer.created_by == approved_by or payload != shown_of_answer(answer):
        raise BankAnswerMoved(payload["answer_id"])
    answer.status, answer.approved_by = BankAnswerStatus.APPLIED, approved_by
    answer.applied_at = now
    answer.save(update_fields=["status", "approved_by", "applied_at"])
    contradicted = []
    for line in lines_to_book(answer):
        line.contradiction = _book(line, actor=approved_by, now=now)
        if line.contradiction:
            contradicted.append(line)
    BankAnswerLine.objects.bulk_update(contradicted, ["contradiction"])
    stop_paying(contradicted, actor=approved_by, now=now)
    record(
        actor=approved_by,
        action="settlement_answer.applied",
        target=answer.bank_file.public_id,
        detail={
            "answer": answer.public_id,
            "digest": payload["digest"],
            "requested_by": requested_by,
            "reason": reason,
            "contradictions": len(contradicted),
        },
        now=now,
    )
    return answer


def _book(line: BankAnswerLine, *, actor: str, now: datetime) -> str:
    """What is wrong with it by now."""
    assert line.settlement_id is not None  # noqa: S101 (for the type checker)
    is_paid = line.said == "paid"
    settlement = lock_settlement(line.settlement_id)
    if settlement.status == SettlementStatus.SENT:
        decide_settlement(
            settlement_id=settlement.pk,
            decision=Decision.CONFIRM_PAID if is_paid else Decision.CONFIRM_REJECTED,
            reason=f"pain.002 {line.bank_code}".strip(),
            actor=actor,
            now=now,
        )
        return ""
    return ended_otherwise(settlement, is_paid)
