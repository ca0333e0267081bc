from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import models, transaction
from django.db.models import Model

from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.orchestration.models import StatusChange
from apps.settlement.due_work import PAY
from apps.settlement.models import PaidBy, Settlement, SettlementStatus
from apps.settlement.rules.check_reason import check_reason
from apps.settlement.rules.refusals import SettlementMoved
from apps.settlement.selectors.lock_settlement import lock_settlement
from apps.settlement.selectors.terms_in_force import terms_in_force
from apps.settlement.services.return_settlement import return_settlement
from apps.settlement.transitions import MOVED_FIELDS, move

STAFF = StatusChange.Source.STAFF


class Decision(models.TextChoices):
    # Not now.
    HOLD = "hold"
    # It is paid after all, to the payee of the terms that hold now.
    RELEASE = "release"
    # It is not paid: the balance has the amount again.
    RETURN = "return"
    # What the bank did of a transfer: two people say so, by confirm_approved_transfer.
    CONFIRM_PAID = "confirm_paid"
    CONFIRM_REJECTED = "confirm_rejected"


# From where each is taken; the last two of bank transfers only.
OF_TWO = frozenset({Decision.CONFIRM_PAID, Decision.CONFIRM_REJECTED})
FROM = {
    Decision.HOLD: SettlementStatus.WAITING,
    Decision.RELEASE: SettlementStatus.ON_HOLD,
    Decision.RETURN: SettlementStatus.ON_HOLD,
    Decision.CONFIRM_PAID: SettlementStatus.SENT,
    Decision.CONFIRM_REJECTED: SettlementStatus.SENT,
}


@transaction.atomic
def decide_settlement(
    *, settlement_id: UUID, decision: Decision, reason: str, actor: str, now: datetime
) -> Settlement:
    """What a person says of a settlement, with her reason, which the audit trail keeps.

    Raises:
        SettlementReasonMissing.
        SettlementMoved: it is at another step by now, or it is no transfer of our bank's.
        SettlementNotFound.
    """
    reason = check_reason(reason)
    settlement = lock_settlement(settlement_id)
    is_of_bank = decision in OF_TWO
    if settlement.status != FROM[decision] or (is_of_bank and settlement.bank_file_id is None):
        raise SettlementMoved(f"It is {settlement.status}.")
    settlement.reason = reason
    rows = _decided(settlement, decision, now=now)
    bulk_write(rows, {settlement: MOVED_FIELDS})
    record(
        actor=actor,
        action=f"settlement.{decision.value}",
        target=settlement.public_id,
        detail={"reason": reason},
        now=now,
    )
    return settlement


def _decided(settlement: Settlement, decision: Decision, *, now: datetime) -> Sequence[Model]:
    match decision:
        case Decision.HOLD:
            settlement.reason_code, settlement.due_at = "held_back", None
            return _moved(settlement, SettlementStatus.ON_HOLD, now)
        case Decision.RELEASE:
            return _release(settlement, now=now)
        case Decision.RETURN:
            settlement.reason_code = "not_paid"
            returned = return_settlement(settlement, now=now)
            return [*returned, *_moved(settlement, SettlementStatus.FAILED, now)]
        case Decision.CONFIRM_PAID:
            return [*_sent(settlement, now=now), *_moved(settlement, SettlementStatus.PAID, now)]
        case Decision.CONFIRM_REJECTED:
            settlement.reason_code = "rejected_by_bank"
            returned = return_settlement(settlement, now=now)
            return [*returned, *_moved(settlement, SettlementStatus.FAILED, now)]


def _release(settlement: Settlement, *, now: datetime) -> Sequence[Model]:
    terms = terms_in_force(
        merchant_id=settlement.merchant_id,
        livemode=settlement.livemode,
        currency=settlement.currency,
        now=now,
    )
    if terms is None or terms.paid_by != settlement.paid_by or not settlement.merchant.is_active:
        raise SettlementMoved("The merchant is disabled, or is paid in another way by now.")
    settlement.terms = terms
    settlement.payee_index, settlement.payee_masked = terms.payee_index, terms.payee_masked
    settlement.reason_code, settlement.tries = "", 0
    settlement.due_at = now if settlement.paid_by == PaidBy.PAYOUT else None
    wake_on_commit(PAY)
    return _moved(settlement, SettlementStatus.WAITING, now)


def _sent(settlement: Settlement, *, now: datetime) -> Sequence[Model]:
    return post(
        {TransferKind.SETTLE_SENT: Money(settlement.amount, settlement.currency)},
        merchant_id=settlement.merchant_id,
        source_id=settlement.pk,
        livemode=settlement.livemode,
        now=now,
    )


def _moved(settlement: Settlement, to: str, now: datetime) -> Sequence[Model]:
    return move(settlement, to, source=STAFF, now=now, detail=settlement.reason_code).rows
