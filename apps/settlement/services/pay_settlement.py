from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Model

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.orchestration.models import StatusChange
from apps.orchestration.rules.order_reference import owner_id_of
from apps.payouts.selectors.read_ends import ENDS, read_ends
from apps.payouts.services.create_payouts import create_payouts
from apps.payouts.services.plan_payout import PayoutRequest, plan_payout
from apps.settlement.models import PaidBy, Settlement, SettlementStatus
from apps.settlement.rules.payee import payee_of
from apps.settlement.selectors.lock_settlement import lock_settlement
from apps.settlement.selectors.terms_in_force import terms_in_force
from apps.settlement.transitions import MOVED_FIELDS, move
from apps.vault.encryption import DecryptionFailed

WORKER = StatusChange.Source.WORKER
# A rail that is closed for longer is a matter for a person.
TRY_EVERY = timedelta(minutes=15)
TRIES_MAX = 96
# How soon it is looked whether its payout has ended; one that takes an hour is looked at less.
LOOK_EVERY = timedelta(seconds=15)
LOOK_EVERY_LATER = timedelta(minutes=15)
LATER = timedelta(hours=1)


@transaction.atomic
def pay_settlement(
    *, settlement_id: UUID, now: datetime, leased_until: datetime | None = None
) -> Settlement:
    """Do what is next of a settlement that is paid by payout: make its payout, which holds the
    amount from then on, or see how it ended. Safe to repeat.

    Where no rail takes it, it is tried again for a day. It waits for a person then, and where the
    merchant is disabled or its payee is another than when the period was closed.

    Args:
        leased_until: as of close_period.
    """
    settlement = lock_settlement(settlement_id)
    if leased_until is not None and settlement.due_at != leased_until:
        return settlement
    settlement.forget_failures()
    rows: Sequence[Model] = []
    if settlement.status == SettlementStatus.WAITING and settlement.paid_by == PaidBy.PAYOUT:
        rows = _send(settlement, now=now)
    elif settlement.status == SettlementStatus.SENT and settlement.payout_id is not None:
        rows = _follow(settlement, now=now)
    else:
        settlement.due_at = None
    bulk_write(rows, {settlement: MOVED_FIELDS})
    failpoint("settlement.pay.before_commit")
    return settlement


def _send(settlement: Settlement, *, now: datetime) -> Sequence[Model]:
    terms = terms_in_force(
        merchant_id=settlement.merchant_id,
        livemode=settlement.livemode,
        currency=settlement.currency,
        now=now,
    )
    if not settlement.merchant.is_active:
        return _hold(settlement, "merchant_disabled", now=now)
    if terms is None or bytes(terms.payee_index) != bytes(settlement.payee_index):
        return _hold(settlement, "payee_changed", now=now)
    money = Money(settlement.amount, settlement.currency)
    try:
        planned = plan_payout(
            merchant=settlement.merchant,
            livemode=settlement.livemode,
            request=PayoutRequest(
                money=money,
                phone=payee_of(settlement.terms).phone,
                merchant_reference=settlement.public_id,
                metadata={"settlement": settlement.public_id},
                # The merchant is paid what the statement says.
                is_fee_exempt=True,
            ),
            payout_id=owner_id_of(_name(settlement), now=now),
            now=now,
        )
    except DomainError as refusal:
        settlement.tries += 1
        settlement.reason_code = refusal.code
        if settlement.tries >= TRIES_MAX:
            return _hold(settlement, refusal.code, now=now)
        settlement.due_at = now + TRY_EVERY
        return []
    except DecryptionFailed:
        return _hold(settlement, "payee_unreadable", now=now)
    released = post(
        {TransferKind.SETTLE_RELEASED: money},
        merchant_id=settlement.merchant_id,
        source_id=settlement.pk,
        livemode=settlement.livemode,
        now=now,
        # A settlement becomes a payout once.
        attempt_id=uuid5(settlement.pk, "payout"),
    )
    settlement.payout_id = planned.payout.pk
    settlement.reason_code = ""
    settlement.due_at = now + LOOK_EVERY
    moved = move(settlement, SettlementStatus.SENT, source=WORKER, now=now)
    return [*released, *create_payouts([planned], now=now), *moved.rows]


def _name(settlement: Settlement) -> str:
    """Which one of the payouts to this merchant it becomes. After a restore periods are closed at
    other times and under other numbers; what was paid for them is the next one all the same."""
    same = {
        "merchant_id": settlement.merchant_id,
        "livemode": settlement.livemode,
        "currency": settlement.currency,
    }
    # Of two at once one is refused, for a reference is given once, and is tried again.
    before = Settlement.objects.filter(**same, payout_id__isnull=False).count()
    mode = "live" if settlement.livemode else "test"
    return f"settlement {settlement.merchant_id} {mode} {settlement.currency} {before}"


def _follow(settlement: Settlement, *, now: datetime) -> Sequence[Model]:
    assert settlement.payout_id is not None  # noqa: S101 (for the type checker)
    end = read_ends([settlement.payout_id]).get(settlement.payout_id)
    if end is None:
        is_late = now - settlement.created_at > LATER
        settlement.due_at = now + (LOOK_EVERY_LATER if is_late else LOOK_EVERY)
        return []
    succeeded, _failed = ENDS
    if end.status == succeeded:
        return move(settlement, SettlementStatus.PAID, source=WORKER, now=now).rows
    # Its payout gave the amount back to the balance: the next period has it.
    settlement.reason_code = end.failure_code
    return move(settlement, SettlementStatus.FAILED, source=WORKER, now=now).rows


def _hold(settlement: Settlement, code: str, *, now: datetime) -> Sequence[Model]:
    settlement.reason_code = code
    settlement.due_at = None
    return move(settlement, SettlementStatus.ON_HOLD, source=WORKER, now=now, detail=code).rows
