from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

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
from apps.settlement.rules.reasons import REJECTED, RETURNED
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
    # It was booked as rejected, and the bank has paid it: it is taken from the balance again.
    CONFIRM_PAID_AFTER_ALL = "confirm_paid_after_all"
    # It was booked as paid, and the money came back: book_returned_transfer.
    CONFIRM_RETURNED = "confirm_returned"


# From where each is taken; the last four of bank transfers only.
OF_TWO = frozenset(
    {
        Decision.CONFIRM_PAID,
        Decision.CONFIRM_REJECTED,
        Decision.CONFIRM_PAID_AFTER_ALL,
        Decision.CONFIRM_RETURNED,
    }
)
FROM = {
    Decision.HOLD: SettlementStatus.WAITING,
    Decision.RELEASE: SettlementStatus.ON_HOLD,
    Decision.RETURN: SettlementStatus.ON_HOLD,
    Decision.CONFIRM_PAID: SettlementStatus.SENT,
    Decision.CONFIRM_REJECTED: SettlementStatus.SENT,
    Decision.CONFIRM_PAID_AFTER_ALL: SettlementStatus.FAILED,
    Decision.CONFIRM_RETURNED: SettlementStatus.PAID,
}


def is_possible(settlement: Settlement, decision: Decision) -> bool:
    """Whether it can be decided so as it is now."""
    if settlement.status != FROM[decision]:
        return False
    if decision == Decision.CONFIRM_PAID_AFTER_ALL and settlement.reason_code != REJECTED:
        return False
    return decision not in OF_TWO or settlement.bank_file_id is not None


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
    if not is_possible(settlement, decision):
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
            settlement.reason_code = REJECTED
            returned = return_settlement(settlement, now=now)
            return [*returned, *_moved(settlement, SettlementStatus.FAILED, now)]
        case Decision.CONFIRM_PAID_AFTER_ALL:
            settlement.reason_code = ""
            moved = move(settlement, SettlementStatus.PAID, source=STAFF, now=now, is_repair=True)
            return [*_sent(settlement, now=now, is_again=True), *moved.rows]
        case Decision.CONFIRM_RETURNED:
            settlement.reason_code = RETURNED
            moved = move(
                settlement, SettlementStatus.FAILED, source=STAFF, now=now, detail=RETURNED,
                is_repair=True,
            )  # fmt: skip
            return moved.rows


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


def _sent(settlement: Settlement, *, now: datetime, is_again: bool = False) -> Sequence[Model]:
    """`is_again`: what it held was given back; it is taken anew, whatever the balance (ADR 22)."""
    money = Money(settlement.amount, settlement.currency)
    taken = {TransferKind.SETTLE_HELD: money} if is_again else {}
    return post(
        {**taken, TransferKind.SETTLE_SENT: money},
        merchant_id=settlement.merchant_id,
        source_id=settlement.pk,
        livemode=settlement.livemode,
        now=now,
        # Once, beside what it held at first.
        attempt_id=uuid5(settlement.pk, "paid after all") if is_again else None,
    )


def _moved(settlement: Settlement, to: str, now: datetime) -> Sequence[Model]:
    return move(settlement, to, source=STAFF, now=now, detail=settlement.reason_code).rows
