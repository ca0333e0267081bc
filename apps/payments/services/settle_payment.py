from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.core.money import Money
from apps.ledger.rules.available_at import available_at
from apps.ledger.rules.postings import TransferKind
from apps.ledger.rules.reserve import reserve_of, reserved_until
from apps.ledger.services.post import Booking
from apps.merchants.selectors.own_terms import own_terms
from apps.orchestration.models import Attempt, AttemptStatus
from apps.orchestration.rules.owners import Case, Writes
from apps.orchestration.services.contradict_end import contradict_end
from apps.orchestration.services.stop_if_doubtful import stop_if_doubtful
from apps.orchestration.services.try_again import try_again
from apps.payments.models import PayerChoice, Payment, PaymentStatus
from apps.payments.rules.payer import payer_page_url
from apps.payments.rules.payer_choice import TIME_TO_TRY_AGAIN, may_choose_again
from apps.payments.rules.payment_status import payment_status
from apps.payments.services.next_account import next_account
from apps.payments.transitions import may_move, move

PAYMENT_FIELDS = (
    "status",
    "failure_code",
    "provider",
    "next_action",
    "amount_received",
    "sequence",
    "completed_at",
)


def settle_payment(case: Case, *, now: datetime) -> tuple[Writes, list[Booking]]:
    """Derive the payment's status from all its attempts, oldest first, and do what comes of it:
    another attempt, the booking, the event and its deliveries.

    Payment and attempts are locked, and as they will be written. The bookings are the caller's to
    post, those of a batch together. A status that the table refuses is a contradiction for a
    person, and changes nothing else.
    """
    payment: Payment = case.row
    writes = stop_if_doubtful(case, now=now)
    account = next_account(payment, case.attempts, now=now) if _was_not_sent(case) else None
    if account is not None:
        writes.add(try_again([(case, account)], now=now))
    from_status = PaymentStatus(payment.status)
    to_status, failure_code = payment_status(
        current=from_status, failure_code=payment.failure_code, attempts=case.attempts
    )
    asks_anew = False
    if to_status == PaymentStatus.FAILED and may_choose_again(payment, case.attempts, now=now):
        to_status, failure_code = PaymentStatus.REQUIRES_ACTION, ""
        asks_anew = payment.payer_choice != PayerChoice.OPEN
        if asks_anew:
            payment.payer_choice = PayerChoice.OPEN
            payment.next_action = {"kind": "redirect", "url": payer_page_url(payment.pk)}
            payment.expires_at = max(payment.expires_at, now + TIME_TO_TRY_AGAIN)
            writes.update(payment, ("payer_choice", "next_action", "expires_at"))
    # From a provider's page to ours is a move too: whoever follows the payment is told.
    if to_status == from_status and not asks_anew:
        return writes, []
    if not may_move(payment, to_status, is_repair=case.is_repair):
        writes.add(contradict_end(case, to_status, now=now))
        return writes, []
    payment.failure_code = failure_code
    moved = move(payment, to_status, source=case.source, now=now, is_repair=case.is_repair)
    writes.inserts += moved.rows
    writes.update(payment, PAYMENT_FIELDS)
    is_paid = to_status == PaymentStatus.SUCCEEDED
    return writes, [_booking(payment, case.attempts, now=now)] if is_paid else []


def _was_not_sent(case: Case) -> bool:
    """Whether the latest attempt was not, and no earlier one can move money any more."""
    *earlier, latest = [attempt.status for attempt in case.attempts]
    return latest == AttemptStatus.NOT_SENT and all(
        status in {AttemptStatus.NOT_SENT, AttemptStatus.FAILED} for status in earlier
    )


def _booking(payment: Payment, attempts: Sequence[Attempt], *, now: datetime) -> Booking:
    (paid,) = [attempt for attempt in attempts if attempt.status == AttemptStatus.SUCCEEDED]
    account = paid.provider_account
    terms = own_terms(payment.merchant_id)
    delay_days = terms.delay_days
    if delay_days is None:
        delay_days = account.settlement_delay_days
    gross = Money(payment.received, payment.currency)
    fee = min(Money(payment.fee, payment.currency), gross)
    fee_tax = min(Money(payment.fee_tax, payment.currency), gross - fee)
    available = available_at(now, delay_days=delay_days, zone=account.timezone)
    return Booking(
        {
            TransferKind.GROSS: gross,
            TransferKind.FEE: fee,
            TransferKind.FEE_TAX: fee_tax,
            TransferKind.RESERVE_HELD: reserve_of(
                gross - fee - fee_tax, basis_points=terms.reserve.basis_points
            ),
        },
        merchant_id=payment.merchant_id,
        provider_account_id=paid.provider_account_id,
        source_id=payment.pk,
        attempt_id=paid.pk,
        livemode=payment.livemode,
        available_at=available,
        reserved_until=reserved_until(
            now,
            reserve_days=terms.reserve.days,
            zone=account.timezone,
            payment_available_at=available,
        ),
        reserve_cap=terms.reserve_cap(payment.currency),
    )
