from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO
from uuid import UUID

from django.db import transaction

from apps.payout_batches.rules.cells import FileRefused
from apps.settlement.models import BankFile, Settlement, SettlementStatus
from apps.settlement.rules.read_pain002 import read_pain002
from apps.settlement.rules.refusals import BankAnswerUnreadable
from apps.settlement.services.decide_settlement import Decision, decide_settlement


@dataclass(slots=True)
class BankAnswers:
    """How many transfers each was said of. `contradicted`: they have ended otherwise, or are not
    in this file: a person has to look."""

    paid: int = 0
    rejected: int = 0
    open: int = 0
    contradicted: int = 0


@transaction.atomic
def apply_bank_answer(
    *, file_id: UUID, answer: IO[bytes], actor: str, now: datetime
) -> BankAnswers:
    """What our bank says of a file (pain.002): each transfer that is paid or rejected for good is
    booked. What has ended is left as it is. Safe to repeat.

    Raises:
        BankAnswerUnreadable: it is not XML, or of no file; nothing of it counts.
    """
    try:
        return _apply(file_id, answer, actor=actor, now=now)
    except FileRefused as refusal:
        raise BankAnswerUnreadable(refusal.code) from refusal


def _apply(file_id: UUID, answer: IO[bytes], *, actor: str, now: datetime) -> BankAnswers:
    file = BankFile.objects.get(pk=file_id)
    found = BankAnswers()
    ends = {
        one.hex: status
        for one, status in Settlement.objects.filter(bank_file=file).values_list("pk", "status")
    }
    for said in read_pain002(answer):
        status = ends.get(said.end_to_end_id)
        if said.is_paid is None:
            found.open += 1
            continue
        wanted = SettlementStatus.PAID if said.is_paid else SettlementStatus.FAILED
        if status == SettlementStatus.SENT:
            decide_settlement(
                settlement_id=UUID(said.end_to_end_id),
                decision=Decision.CONFIRM_PAID if said.is_paid else Decision.CONFIRM_REJECTED,
                reason=f"pain.002 {said.reason}".strip(),
                actor=actor,
                now=now,
            )
            ends[said.end_to_end_id] = wanted
        elif status != wanted:
            found.contradicted += 1
            continue
        if said.is_paid:
            found.paid += 1
        else:
            found.rejected += 1
    return found
