from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.payments.events import tell
from apps.payments.lifecycle import payment_status
from apps.payments.models import ATTEMPT_FINAL, Attempt, AttemptStatus, Payment, PaymentStatus
from apps.payments.services.contradict_attempt import contradict_attempt
from apps.payments.services.new_attempt import TOPIC, new_attempt
from apps.payments.services.next_account import next_account
from apps.payments.services.take_news import ATTEMPT_FIELDS
from apps.payments.services.withdraw_attempts import withdraw_attempts
from apps.payments.transitions import may_move, move
from apps.webhooks.services import promise as webhooks
from apps.webhooks.services.promise import wanting_endpoints

# Seconds before the n-th further attempt.
RETRY_DELAYS_S = (2, 5, 15)

PAYMENT_FIELDS = (
    "status",
    "failure_code",
    "provider",
    "next_action",
    "amount_received",
    "sequence",
    "completed_at",
)
COMPLETED = (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.EXPIRED)


def settle_payment(
    payment: Payment,
    attempts: Sequence[Attempt],
    *,
    source: str,
    now: datetime,
    is_repair: bool = False,
) -> tuple[list[Any], Mapping[Model, Sequence[str]]]:
    """Derive the payment's status from all its attempts, oldest first, and do what comes of it:
    another attempt, the booking, the event and its deliveries.

    Payment and attempts are locked, and as they will be written. Returns the rows, unsaved, and
    what to update. A status that the table refuses is a contradiction for a person, and changes
    nothing else.
    """
    rows: list[Any] = []
    updates: dict[Model, Sequence[str]] = {}
    if any(attempt.needs_person and attempt.status in ATTEMPT_FINAL for attempt in attempts):
        # One that we closed may have moved the money: nothing more is sent.
        changes, withdrawn = withdraw_attempts(
            attempts, source=source, detail="an earlier attempt may have been paid", now=now
        )
        rows += changes
        updates |= withdrawn
    retry = _retry(payment, attempts, rows, source=source, now=now)
    if retry:
        attempts = [*attempts, *retry]
        updates[payment] = PAYMENT_FIELDS
    from_status = PaymentStatus(payment.status)
    to_status, failure_code = payment_status(
        current=from_status, failure_code=payment.failure_code, attempts=attempts
    )
    if to_status == from_status:
        return rows, updates
    if not may_move(payment, to_status, is_repair=is_repair):
        (charged,) = [each for each in attempts if each.status == AttemptStatus.SUCCEEDED]
        rows += contradict_attempt(
            charged, f"it {to_status}, though the payment is {from_status}", now=now
        )
        charged.needs_person = True
        updates[charged] = ATTEMPT_FIELDS
        return rows, updates
    rows.append(move(payment, to_status, source=source, now=now, is_repair=is_repair))
    payment.failure_code = failure_code
    if to_status == PaymentStatus.SUCCEEDED:
        rows += _booking(payment, attempts, now=now)
    if to_status in COMPLETED:
        payment.completed_at = now
        payment.next_action = None
    wake_on_commit(webhooks.TOPIC)
    endpoints = wanting_endpoints(merchant_id=payment.merchant_id, livemode=payment.livemode)
    rows += tell(payment, from_status=from_status, endpoints=endpoints, now=now)
    updates[payment] = PAYMENT_FIELDS
    return rows, updates


def _retry(
    payment: Payment, attempts: Sequence[Attempt], rows: list[Any], *, source: str, now: datetime
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
    attempt, *others = new_attempt(
        payment=payment, account=account, source=source, due_at=due_at, now=now
    )
    rows += [attempt, *others]
    wake_on_commit(TOPIC)
    return [attempt]


def _booking(payment: Payment, attempts: Sequence[Attempt], *, now: datetime) -> list[Any]:
    (paid,) = [attempt for attempt in attempts if attempt.status == AttemptStatus.SUCCEEDED]
    amount = payment.amount if payment.amount_received is None else payment.amount_received
    gross = Money(amount, payment.currency)
    return list(
        post(
            {
                TransferKind.GROSS: gross,
                TransferKind.FEE: min(Money(payment.fee, payment.currency), gross),
            },
            merchant_id=payment.merchant_id,
            provider_account_id=paid.provider_account_id,
            source_id=payment.pk,
            attempt_id=paid.pk,
            livemode=payment.livemode,
            now=now,
        )
    )
