from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import new_id_at
from apps.core.work.counted_failures import FAILURE_FIELDS
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.postings import TransferKind
from apps.ledger.selectors.read_period import read_balance_before, read_horizon
from apps.ledger.services.hold import hold
from apps.ledger.services.lock_available import lock_available, payable_account
from apps.orchestration.models import StatusChange
from apps.settlement.due_work import PAY
from apps.settlement.models import (
    Cadence,
    PaidBy,
    Settlement,
    SettlementCycle,
    SettlementStatus,
    SettlementTerms,
)
from apps.settlement.rules.next_close import next_close
from apps.settlement.selectors.terms_in_force import terms_in_force
from apps.settlement.services.next_number import next_number
from apps.settlement.services.write_lines import WrittenLines, write_lines
from apps.settlement.transitions import move
from apps.webhooks.services.build_event import TOPIC as TELL


class StatementDoesNotAdd(Exception):
    """The lines are not what the ledger's balance says: nothing is closed. It is tried again a few
    times, and then waits for a person (due_work.CLOSE_FAILURES_MAX)."""


class PeriodNotOver(Exception):
    """A transaction that was open at the closing before still is, and what came since cannot be
    told from what it brings: nothing is closed. It is tried again as StatementDoesNotAdd is."""


def close_period(
    *, cycle_id: UUID, now: datetime, leased_until: datetime | None = None
) -> Settlement | None:
    """Close the period of a cycle: its statement, with a line for each transfer that was committed
    before every transaction still open, and what of it is paid, held in the same transaction.

    What is under way while it closes is on the next statement, and nothing on two. None where
    there is nothing to say: no terms, no line, or too little for terms that wait for an amount.

    Safe to repeat: a period once closed begins a new one.

    Args:
        leased_until: what the row's due time was when it was claimed; if it is another, somebody
            was there meanwhile, and nothing is done.

    Raises:
        StatementDoesNotAdd, PeriodNotOver.
    """
    with transaction.atomic(), long_statements():
        cycle = (
            SettlementCycle.objects.select_for_update(of=("self",))
            .select_related("merchant")
            .get(pk=cycle_id)
        )
        if leased_until is not None and cycle.due_at != leased_until:
            return None
        terms = terms_in_force(
            merchant_id=cycle.merchant_id,
            livemode=cycle.livemode,
            currency=cycle.currency,
            now=now,
        )
        cycle.due_at = next_close(terms, zone=cycle.merchant.timezone, now=now) if terms else None
        settlement = _close(cycle, terms, now=now) if terms else None
        cycle.forget_failures()
        cycle.save(update_fields=["due_at", "horizon", "balance", "closed_at", *FAILURE_FIELDS])
        failpoint("settlement.close.before_commit")
        return settlement


def _close(cycle: SettlementCycle, terms: SettlementTerms, *, now: datetime) -> Settlement | None:
    account_id = payable_account(
        merchant_id=cycle.merchant_id, currency=cycle.currency, livemode=cycle.livemode
    )
    # Read once: every statement of this transaction sees all that ended before it.
    horizon = read_horizon()
    balance = read_balance_before(account_id, horizon=horizon)
    if terms.cadence == Cadence.THRESHOLD and balance < terms.amount_min:
        return None
    settlement_id = new_id_at(now)
    lines = _write_all(cycle, settlement_id, account_id, horizon=horizon, balance=balance)
    amount = _payable(cycle, terms, balance=balance)
    if not lines.count and not amount:
        return None
    if horizon == cycle.horizon:
        raise PeriodNotOver(f"cycle {cycle.pk}: {horizon}")
    year = now.astimezone(ZoneInfo(cycle.merchant.timezone)).year
    settlement = Settlement(
        id=settlement_id,
        merchant=cycle.merchant,
        livemode=cycle.livemode,
        currency=cycle.currency,
        terms=terms,
        year=year,
        number=next_number(merchant_id=cycle.merchant_id, livemode=cycle.livemode, year=year),
        period_start=cycle.closed_at,
        period_end=now,
        horizon_from=cycle.horizon,
        horizon_to=horizon,
        opening_balance=cycle.balance,
        closing_balance=balance,
        line_count=lines.count,
        totals=lines.totals,
        amount=amount,
        paid_by=terms.paid_by,
        payee_index=terms.payee_index,
        payee_masked=terms.payee_masked,
        status="",
        created_at=now,
    )
    failpoint("settlement.close.before_write")
    _open(settlement, cycle, now=now)
    cycle.horizon, cycle.balance, cycle.closed_at = horizon, balance, now
    return settlement


def _write_all(
    cycle: SettlementCycle, settlement_id: UUID, account_id: UUID, *, horizon: int, balance: int
) -> WrittenLines:
    lines = write_lines(settlement_id, account_id=account_id, begin=cycle.horizon, end=horizon)
    if cycle.balance + lines.amount != balance:
        # After a restore transactions have other numbers (retake_snapshots): whatever no statement
        # has belongs to this one.
        more = write_lines(
            settlement_id,
            account_id=account_id,
            begin=0,
            end=horizon,
            after=lines.count,
            skips_known=True,
        )
        lines.add(more)
    if cycle.balance + lines.amount != balance:
        raise StatementDoesNotAdd(f"cycle {cycle.pk}: {cycle.balance} {lines.amount} {balance}")
    return lines


def _payable(cycle: SettlementCycle, terms: SettlementTerms, *, balance: int) -> int:
    """What is paid: never more than the statement says, nor than there still is."""
    if balance < terms.amount_min:
        return 0
    available = lock_available(
        merchant_id=cycle.merchant_id, currency=cycle.currency, livemode=cycle.livemode
    )
    amount = min(balance, available.amount)
    return amount if amount >= terms.amount_min else 0


def _open(settlement: Settlement, cycle: SettlementCycle, *, now: datetime) -> None:
    to, held = SettlementStatus.CARRIED_OVER, []
    if settlement.amount:
        held = hold(
            TransferKind.SETTLE_HELD,
            Money(settlement.amount, settlement.currency),
            merchant_id=settlement.merchant_id,
            source_id=settlement.pk,
            livemode=settlement.livemode,
            now=now,
        )
        to = SettlementStatus.WAITING
        if not settlement.merchant.is_active:
            to, settlement.reason_code = SettlementStatus.ON_HOLD, "merchant_disabled"
        elif cycle.held_back_reason:
            to, settlement.reason_code = SettlementStatus.ON_HOLD, "held_back"
        elif settlement.paid_by == PaidBy.PAYOUT:
            settlement.due_at = now
            wake_on_commit(PAY)
    moved = move(settlement, to, source=StatusChange.Source.WORKER, now=now)
    bulk_write([settlement, *held, *moved.rows])
    wake_on_commit(TELL)
