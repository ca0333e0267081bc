from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from apps.payments.lifecycle import Asked, Decision, Heard, NotAsked, decide
from apps.payments.models import ATTEMPT_FINAL, Attempt, AttemptStatus
from apps.payments.poll_ladder import needs_person, next_check_at
from apps.payments.services.contradict_attempt import contradict_attempt, contradiction_message
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.payments.transitions import may_move, move
from apps.providers.contract import ProviderMisbehaved, ProviderResult
from apps.providers.registry import PROFILES, credentials_fingerprint, unknown_reference_grace
from apps.vault.encryption import decrypt, encrypt

MEMORY_CONTEXT = "payments_attempt.memory"

# Seconds until a busy provider is asked again, by how often it was asked.
BUSY_DELAYS_S = (2, 5, 15)

# So many answers outside its protocol are borne before a person is told.
CHECKS_BORNE = 3

# What news can change.
ATTEMPT_FIELDS = (
    "status",
    "sequence",
    "failure_code",
    "provider_reference",
    "memory_encrypted",
    "raw",
    "contradiction",
    "checks",
    "next_check_at",
    "needs_person",
    "completed_at",
)


def take_news(attempt: Attempt, heard: Heard, *, was_answered: bool, now: datetime) -> list[Any]:
    """What one piece of news does to its locked attempt; returns the rows that come of it, unsaved.

    Of the payment only `next_action` changes here. A move that the tables refuse is a
    contradiction for a person.
    """
    news, payment = heard.news, attempt.payment
    decision = decide(
        AttemptStatus(attempt.status),
        news,
        _asked(attempt, heard, was_answered=was_answered, now=now),
    )
    rows: list[Any] = []
    if decision.status is not None and not may_move(attempt, decision.status):
        decision = Decision(
            contradiction=f"{attempt.status}, then {decision.status}", needs_person=True
        )
    if decision.contradiction:
        rows += contradict_attempt(attempt, decision.contradiction, now=now)
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
        rows.append(move(attempt, decision.status, source=heard.source, now=now, detail=detail))
    if decision.status is not None or decision.failure_code:
        attempt.failure_code = decision.failure_code
    was_with_person = attempt.needs_person
    _schedule(attempt, decision, is_submission=heard.is_submission, now=now)
    if isinstance(news, ProviderResult) and news.cut:
        rows.append(
            contradiction_message(
                attempt, f"kept without a part of the answer: {news.cut}", now=now
            )
        )
    if attempt.needs_person and not attempt.contradiction:
        if isinstance(news, ProviderMisbehaved):
            # Once is soon over; for a long time somebody has to know.
            if attempt.checks % 10 == CHECKS_BORNE:
                rows.append(contradiction_message(attempt, "answers outside the protocol", now=now))
        elif not was_with_person:
            text = str(news) if isinstance(news, NotAsked) else "no final answer for a day"
            rows.append(contradiction_message(attempt, text, now=now))
    return rows


def memory_of(attempt: Attempt) -> dict[str, str]:
    """What the connector keeps about this attempt, decrypted."""
    if not attempt.memory_encrypted:
        return {}
    memory: dict[str, str] = json.loads(
        decrypt(attempt.memory_encrypted, context=MEMORY_CONTEXT, row_id=attempt.pk)
    )
    return memory


def _asked(attempt: Attempt, heard: Heard, *, was_answered: bool, now: datetime) -> Asked:
    payment, account, news = attempt.payment, attempt.provider_account, heard.news
    party = ""
    if isinstance(news, ProviderResult) and news.party:
        party = decrypt(payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk)
    submitted_at = attempt.submitted_at or attempt.created_at
    sent_with = attempt.credentials_fingerprint
    amount = payment.amount
    if attempt.status == AttemptStatus.SUCCEEDED and payment.amount_received is not None:
        # Two people accepted it: it is no difference any more.
        amount = payment.amount_received
    return Asked(
        amount=amount,
        currency=payment.currency,
        party=party,
        is_submission=heard.is_submission,
        was_over=heard.was_over,
        grace_is_over=now >= submitted_at + unknown_reference_grace(account),
        is_old=needs_person(submitted_at=submitted_at, now=now),
        was_answered=was_answered or bool(attempt.contradiction),
        was_repeated=attempt.repeats > 0,
        is_repeat_safe=PROFILES[account.connector].is_repeat_safe,
        same_credentials=not sent_with or bytes(sent_with) == credentials_fingerprint(account),
    )


def _remember_answer(attempt: Attempt, result: ProviderResult) -> None:
    attempt.raw = dict(result.raw)
    attempt.provider_reference = result.provider_reference or attempt.provider_reference
    # Encrypted anew it is other bytes, and the same memory.
    if result.memory and dict(result.memory) != memory_of(attempt):
        attempt.memory_encrypted = encrypt(
            json.dumps(dict(result.memory)), context=MEMORY_CONTEXT, row_id=attempt.pk
        )


def _schedule(attempt: Attempt, decision: Decision, *, is_submission: bool, now: datetime) -> None:
    if attempt.status in ATTEMPT_FINAL:
        attempt.next_check_at = None
        attempt.needs_person = decision.needs_person or (
            attempt.needs_person and decision.status is None
        )
        attempt.completed_at = attempt.completed_at or now
        return
    if attempt.status == AttemptStatus.CREATED:
        return
    submitted_at = attempt.submitted_at or attempt.created_at
    attempt.next_check_at = next_check_at(submitted_at=submitted_at, now=now)
    if decision.ask_soon and attempt.repeats < len(BUSY_DELAYS_S):
        attempt.next_check_at = now + timedelta(seconds=BUSY_DELAYS_S[attempt.repeats])
    if not is_submission:
        attempt.checks += 1
    attempt.needs_person = decision.needs_person or needs_person(submitted_at=submitted_at, now=now)
