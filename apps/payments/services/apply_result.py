from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from apps.core import outbox
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.core.outbox import nudge_on_commit
from apps.core.write_together import write_together
from apps.ledger.services.post import post
from apps.payments.events import tell
from apps.payments.lifecycle import Asked, Decision, Heard, News, decide, payment_status
from apps.payments.models import (
    ATTEMPT_FINAL,
    Attempt,
    AttemptStatus,
    Payment,
    PaymentStatus,
    StatusChange,
)
from apps.payments.poll_ladder import needs_person, next_check_at
from apps.payments.selectors.load_attempt import load_attempts
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.payments.services.new_attempt import TOPIC, new_attempt
from apps.payments.transitions import move
from apps.providers.contract import FailureCode, ProviderResult, ReferenceUnknown
from apps.providers.models import ProviderAccount
from apps.providers.registry import unknown_reference_grace
from apps.providers.routing import account_by_id
from apps.vault.sealing import seal, unseal
from apps.webhooks.services import promise as webhooks
from apps.webhooks.services.promise import wanting_endpoints

logger = logging.getLogger(__name__)

MEMORY_CONTEXT = "payments_attempt.memory"

# A payment is offered to providers at most this often, and only after "not sent".
ATTEMPTS_MAX = 4
# Seconds before the n-th further attempt.
RETRY_DELAYS_S = (2, 5, 15)

CONTRADICTED = "payment.contradicted"

# Statuses that say: the provider has it.
ACKNOWLEDGED = (
    AttemptStatus.PENDING,
    AttemptStatus.REQUIRES_ACTION,
    AttemptStatus.AUTHORIZED,
)

# What news can change.
ATTEMPT_FIELDS = (
    "status",
    "failure_code",
    "provider_reference",
    "memory_sealed",
    "raw",
    "contradiction",
    "checks",
    "next_check_at",
    "needs_person",
    "completed_at",
)
PAYMENT_FIELDS = (
    "status",
    "failure_code",
    "provider",
    "next_action",
    "sequence",
    "completed_at",
)


@transaction.atomic(savepoint=False)
def apply_results(heard: Sequence[Heard], *, now: datetime) -> dict[UUID, Attempt]:
    """THE ONE DOOR FOR NEWS: what providers said of attempts, or that they said nothing.

    Moves attempts and payments, books the ledger, promises webhooks, sets the next checks: one
    transaction for all of it. Safe to repeat and in any order: old news changes nothing, a
    contradiction of a final state is handed to reconciliation. Returns the attempts by id.

    Raises:
        Attempt.DoesNotExist: news of an attempt that is not there; then nothing is applied.
    """
    attempts = load_attempts({one.attempt_id for one in heard}, lock=True)
    rows: list[Any] = []
    updates: dict[Model, Sequence[str]] = {}
    for one in heard:
        if one.attempt_id not in attempts:
            raise Attempt.DoesNotExist(str(one.attempt_id))
        attempt = attempts[one.attempt_id]
        rows += _apply(attempt, one, now=now)
        updates[attempt] = ATTEMPT_FIELDS
        updates[attempt.payment] = PAYMENT_FIELDS
    write_together(rows, updates)
    failpoint("payments.apply.before_commit")
    transaction.on_commit(lambda: failpoint("payments.apply.after_commit"))
    return attempts


def apply_result(
    *,
    attempt_id: UUID,
    news: News,
    is_submission: bool = False,
    source: str,
    now: datetime,
) -> Payment:
    """One piece of news, as `apply_results` takes many; returns the payment."""
    heard = Heard(attempt_id, news, source, is_submission)
    return apply_results([heard], now=now)[attempt_id].payment


def _apply(attempt: Attempt, heard: Heard, *, now: datetime) -> list[Any]:
    """Change the locked attempt and its payment; returns the rows that come of it, unsaved."""
    news, source, is_submission = heard.news, heard.source, heard.is_submission
    payment = attempt.payment
    asked = _asked(attempt, news, is_submission=is_submission, now=now)
    decision = decide(AttemptStatus(attempt.status), news, asked)
    rows: list[Any] = []
    if decision.contradiction:
        rows += _contradicted(attempt, decision, now=now)
    is_over = attempt.status in ATTEMPT_FINAL
    if isinstance(news, ProviderResult) and not decision.contradiction and not is_over:
        _remember_answer(attempt, news)
        # An expired payment is still asked about, but asks nothing of its payer any more.
        if news.next_action and payment.completed_at is None:
            payment.next_action = {"kind": news.next_action.kind, "url": news.next_action.url}
    if decision.status is not None:
        detail = decision.contradiction or (
            "" if isinstance(news, ProviderResult) else f"{type(news).__name__}: {news}"
        )
        rows.append(move(attempt, decision.status, source=source, now=now, detail=detail))
        attempt.failure_code = decision.failure_code
    _schedule(attempt, decision, is_submission=is_submission, now=now)
    retry = None
    if attempt.status == AttemptStatus.NOT_SENT and decision.status is not None:
        retry = _next_account(attempt, now=now)
        if retry is not None:
            # The old attempt is closed before the new one opens: a payment has one open attempt.
            attempt.save(update_fields=ATTEMPT_FIELDS)
            count = payment.attempts.count()
            due_at = now + timedelta(seconds=RETRY_DELAYS_S[count - 1])
            rows += new_attempt(
                payment=payment, account=retry, source=source, due_at=due_at, now=now
            )
            nudge_on_commit(TOPIC)
    latest = AttemptStatus.CREATED if retry else AttemptStatus(attempt.status)
    rows += _move_payment(attempt, latest, decision, source=source, now=now)
    return rows


def memory_of(attempt: Attempt) -> dict[str, str]:
    """What the connector keeps about this attempt, unsealed."""
    if not attempt.memory_sealed:
        return {}
    memory: dict[str, str] = json.loads(
        unseal(attempt.memory_sealed, context=MEMORY_CONTEXT, row_id=attempt.pk)
    )
    return memory


def _asked(attempt: Attempt, news: News, *, is_submission: bool, now: datetime) -> Asked:
    payment, account = attempt.payment, attempt.provider_account
    party = ""
    if isinstance(news, ProviderResult) and news.party:
        party = unseal(payment.payer_msisdn_sealed, context=PAYER_CONTEXT, row_id=payment.pk)
    submitted_at = attempt.submitted_at or attempt.created_at
    return Asked(
        amount=payment.amount,
        currency=payment.currency,
        party=party,
        is_submission=is_submission,
        grace_is_over=now >= submitted_at + unknown_reference_grace(account),
        is_old=needs_person(submitted_at=submitted_at, now=now),
        was_answered=isinstance(news, ReferenceUnknown) and _was_answered(attempt),
    )


def _was_answered(attempt: Attempt) -> bool:
    """Whether the provider ever acknowledged this attempt, or answered for it wrongly."""
    return bool(attempt.contradiction) or (
        StatusChange.objects.filter(
            payment_id=attempt.payment_id, attempt=attempt, to_status__in=ACKNOWLEDGED
        ).exists()
    )


def _remember_answer(attempt: Attempt, result: ProviderResult) -> None:
    attempt.raw = dict(result.raw)
    attempt.provider_reference = result.provider_reference or attempt.provider_reference
    if result.memory:
        attempt.memory_sealed = seal(
            json.dumps(dict(result.memory)), context=MEMORY_CONTEXT, row_id=attempt.pk
        )


def _schedule(attempt: Attempt, decision: Decision, *, is_submission: bool, now: datetime) -> None:
    if attempt.status in ATTEMPT_FINAL:
        attempt.next_check_at = None
        attempt.needs_person = False
        attempt.completed_at = attempt.completed_at or now
        return
    if attempt.status == AttemptStatus.CREATED:
        return
    submitted_at = attempt.submitted_at or attempt.created_at
    attempt.next_check_at = next_check_at(submitted_at=submitted_at, now=now)
    if not is_submission:
        attempt.checks += 1
    attempt.needs_person = decision.needs_person or needs_person(submitted_at=submitted_at, now=now)


def _contradicted(attempt: Attempt, decision: Decision, *, now: datetime) -> list[Any]:
    if attempt.contradiction == decision.contradiction:
        return []
    attempt.contradiction = decision.contradiction[:200]
    logger.warning("provider contradiction", extra={"attempt_id": str(attempt.pk)})
    nudge_on_commit(CONTRADICTED)
    return [
        outbox.new_message(
            CONTRADICTED, now=now, attempt_id=str(attempt.pk), detail=attempt.contradiction
        )
    ]


def _next_account(attempt: Attempt, *, now: datetime) -> ProviderAccount | None:
    """Where to try again after "not sent": the next candidate, in turn, or None to give up."""
    payment = attempt.payment
    if payment.status not in {
        PaymentStatus.PENDING,
        PaymentStatus.REQUIRES_ACTION,
        PaymentStatus.VERIFYING,
    }:
        return None
    tried = list(payment.attempts.order_by("id").values_list("provider_account_id", flat=True))
    if len(tried) >= ATTEMPTS_MAX or now >= payment.expires_at:
        return None
    kept = [
        account_by_id(UUID(candidate["account"]))
        for candidate in payment.candidates
        if candidate["reason"] == "kept"
    ]
    usable = [account for account in kept if account is not None and account.is_active]
    if attempt.failure_code:
        # This account refuses for a reason that lasts.
        usable = [account for account in usable if account.pk not in tried]
    return min(usable, key=lambda account: tried.count(account.pk), default=None)


def _move_payment(
    attempt: Attempt, latest: AttemptStatus, decision: Decision, *, source: str, now: datetime
) -> list[Any]:
    payment = attempt.payment
    from_status = PaymentStatus(payment.status)
    to_status = payment_status(
        current=from_status,
        attempts=[latest],
        expired=decision.payer_timed_out,
    )
    if to_status == from_status:
        return []
    change = move(payment, to_status, source=source, now=now)
    payment.failure_code = _failure_code(to_status, attempt)
    rows: list[Any] = [change]
    if to_status == PaymentStatus.SUCCEEDED:
        rows += post(
            payment_id=payment.pk,
            merchant_id=payment.merchant_id,
            provider_account_id=attempt.provider_account_id,
            gross=Money(payment.amount, payment.currency),
            fee=Money(payment.fee, payment.currency),
            livemode=payment.livemode,
            now=now,
        )
    if to_status in {PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.EXPIRED}:
        payment.completed_at = now
        payment.next_action = None
    nudge_on_commit(webhooks.TOPIC)
    endpoints = wanting_endpoints(merchant_id=payment.merchant_id, livemode=payment.livemode)
    return rows + tell(payment, from_status=from_status, endpoints=endpoints, now=now)


def _failure_code(status: PaymentStatus, attempt: Attempt) -> str:
    if status == PaymentStatus.EXPIRED:
        return FailureCode.PAYER_TIMED_OUT
    if status == PaymentStatus.FAILED:
        return attempt.failure_code or FailureCode.PROVIDER_UNAVAILABLE
    return ""
