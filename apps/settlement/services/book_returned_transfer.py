from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.ledger.rules.postings import TransferKind
from apps.ledger.selectors.list_transfers import list_transfers
from apps.ledger.services.reverse_transfer import reverse_transfer
from apps.settlement.models import BankAnswerLine, Contradiction, Settlement
from apps.settlement.rules.refusals import SettlementMoved
from apps.settlement.services.decide_settlement import Decision, decide_settlement


@transaction.atomic
def book_returned_transfer(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> Settlement:
    """What the action "settlement.returned" does: a transfer that was booked as paid came back to
    our bank, whole. What it took to the bank is taken back, once: the merchant's balance has the
    amount again, and only another settlement pays it.

    Args:
        payload: `settlement_id`; `amount` and `currency` as they were shown; `evidence`, the
            bank's reference.

    Raises:
        SettlementMoved: it is not paid by our bank, came back before, or is not what was shown.
        SettlementReasonMissing, SettlementNotFound.
        CorrectionRefused: no reference.
    """
    settlement = decide_settlement(
        settlement_id=UUID(payload["settlement_id"]),
        decision=Decision.CONFIRM_RETURNED,
        reason=reason,
        actor=approved_by,
        now=now,
    )
    if (settlement.amount, settlement.currency) != (payload["amount"], payload["currency"]):
        raise SettlementMoved("It is not what was shown.")
    (sent,) = (
        one
        for one in list_transfers(source_id=settlement.pk)
        if one.kind == TransferKind.SETTLE_SENT
    )
    reverse_transfer(
        {
            "transfer_id": str(sent.pk),
            "kind": sent.kind,
            "amount": payload["amount"],
            "currency": payload["currency"],
            "evidence": payload["evidence"],
        },
        requested_by=requested_by,
        approved_by=approved_by,
        reason=reason,
        now=now,
        is_its_owners=True,
    )
    # With that, whoever looks after what the bank contradicts has nothing left to do here.
    BankAnswerLine.objects.filter(
        settlement=settlement,
        contradiction=Contradiction.REJECTED_AFTER_PAID,
        closed_at__isnull=True,
    ).update(closed_at=now, closed_by=approved_by, note=settlement.reason)
    return settlement
