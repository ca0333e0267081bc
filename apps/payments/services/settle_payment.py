from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Model

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import Booking
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus
from apps.orchestration.rules.owners import Writes
from apps.orchestration.selectors.next_account import RETRY_DELAYS_S
from apps.orchestration.services.contradict_attempt import contradict_attempt
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.orchestration.services.take_reply import ATTEMPT_FIELDS
from apps.orchestration.services.withdraw_attempts import withdraw_attempts
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.payment_status import payment_status
from apps.payments.services.next_account import next_account
from apps.payments.transitions import may_move, move
from apps.providers.contract import Operation

PAYMENT_FIELDS = (
    "status",
    "failure_code",
    "provider",
    "next_action",
    "amount_received",
    "sequence",
    "completed_at",
)


def settle_payment(
    payment: Payment,
    attempts: list[Attempt],
    *,
    source: str,
    now: datetime,
    is_repair: bool = False,
) -> tuple[Writes, list[Booking]]:
    """Derive the payment's status from all its attempts, oldest first, and do what comes of it:
    another attempt, the booking, the event and its deliveries.

    Payment and attempts are locked, and as they will be written. The bookings are the caller's to
    post, those of a batch together. A status that the table refuses
    is a contradiction for a person, and changes nothing else.
    """
    writes = Writes()
    rows = writes.inserts
    if any(attempt.needs_person and attempt.status in ATTEMPT_FINAL for attempt in attempts):
        # One that we closed may have moved the money: nothing more is sent.
        detail = "an earlier attempt may have been paid"
        writes.add(withdraw_attempts(attempts, source=source, detail=detail, now=now))
    retry = _retry(payment, attempts, rows, source=source, now=now)
    if retry:
        attempts = [*attempts, *retry]
        writes.update(payment, PAYMENT_FIELDS)
    from_status = PaymentStatus(payment.status)
    to_status, failure_code = payment_status(
        current=from_status, failure_code=payment.failure_code, attempts=attempts
    )
    if to_status == from_status:
        return writes, []
    if not may_move(payment, to_status, is_repair=is_repair):
        (charged,) = [each for each in attempts if each.status == AttemptStatus.SUCCEEDED]
        rows += contradict_attempt(
            charged, f"it {to_status}, though the payment is {from_status}", now=now
        )
        charged.needs_person = True
        writes.update(charged, ATTEMPT_FIELDS)
        return writes, []
    payment.failure_code = failure_code
    rows += move(payment, to_status, source=source, now=now, is_repair=is_repair).rows
    writes.update(payment, PAYMENT_FIELDS)
    is_paid = to_status == PaymentStatus.SUCCEEDED
    return writes, [_booking(payment, attempts)] if is_paid else []


def _retry(
    payment: Payment, attempts: Sequence[Attempt], rows: list[Model], *, source: str, now: datetime
) -> list[Attempt]:
    """The next attempt, if the latest was not sent and another account or try is left."""
    latest = attempts[-1]
    if latest.status != AttemptStatus.NOT_SENT or any(
        attempt.status not in {AttemptStatus.NOT_SENT, AttemptStatus.FAILED} for attempt in attempts
    ):
        return []
    account = next_account(payment, attempts, now=now)
    if account is None:
        return []
    # The old attempt is closed before the new one opens: a payment has one open attempt.
    bulk_write([], {latest: ATTEMPT_FIELDS})
    due_at = now + timedelta(seconds=RETRY_DELAYS_S[len(attempts) - 1])
    attempt, birth = open_attempt(
        owner_type="payment",
        owner=payment,
        operation=Operation.COLLECT,
        account=account,
        source=source,
        due_at=due_at,
        now=now,
    )
    payment.provider = account.connector
    rows += [attempt, birth]
    wake_on_commit(TOPIC)
    return [attempt]


def _booking(payment: Payment, attempts: Sequence[Attempt]) -> Booking:
    (paid,) = [attempt for attempt in attempts if attempt.status == AttemptStatus.SUCCEEDED]
    gross = Money(payment.received, payment.currency)
    return Booking(
        {
            TransferKind.GROSS: gross,
            TransferKind.FEE: min(Money(payment.fee, payment.currency), gross),
        },
        merchant_id=payment.merchant_id,
        provider_account_id=paid.provider_account_id,
        source_id=payment.pk,
        attempt_id=paid.pk,
        livemode=payment.livemode,
    )
