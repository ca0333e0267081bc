from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.settlement.models import BankAnswerLine
from apps.settlement.rules.check_reason import check_reason
from apps.settlement.rules.refusals import BankAnswerMoved


@transaction.atomic
def close_contradiction(*, line_id: UUID, reason: str, actor: str, now: datetime) -> BankAnswerLine:
    """A person has seen to what our bank says otherwise than our books, and says what was done.
    Nothing is booked by it.

    Raises:
        SettlementReasonMissing.
        BankAnswerMoved: it is none, or somebody has seen to it.
    """
    note = check_reason(reason)
    line = BankAnswerLine.objects.select_for_update(of=("self",)).filter(pk=line_id).first()
    if line is None or not line.contradiction or line.closed_at is not None:
        raise BankAnswerMoved(str(line_id))
    line.closed_at, line.closed_by, line.note = now, actor, note
    line.save(update_fields=["closed_at", "closed_by", "note"])
    record(
        actor=actor,
        action="settlement_answer.seen_to",
        target=line.answer.bank_file.public_id,
        detail={"line": line.public_id, "reason": note, "contradiction": line.contradiction},
        now=now,
    )
    return line
