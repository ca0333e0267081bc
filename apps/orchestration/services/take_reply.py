from __future__ import annotations

import json
from datetime import datetime, timedelta

from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus
from apps.orchestration.rules.has_credentials_of import has_credentials_of
from apps.orchestration.rules.judge_reply import (
    Decision,
    Expected,
    NotAsked,
    ProviderReply,
    ReplyOrError,
    judge_reply,
)
from apps.orchestration.rules.owners import Case, Writes, operation_of, owner_of
from apps.orchestration.rules.poll_schedule import needs_person, next_check_at
from apps.orchestration.services.contradict_attempt import contradict_attempt, contradiction_message
from apps.orchestration.transitions import attempt_may_move, move_attempt
from apps.providers.contract import Operation, Outcome, ProviderMisbehaved, ProviderResult
from apps.providers.registry import operation_profile, unknown_reference_grace
from apps.vault.encryption import decrypt, encrypt

STATE_CONTEXT = "payments_attempt.memory"

# Seconds until a busy provider is asked again, by how often it was asked.
BUSY_DELAYS_S = (2, 5, 15)

# So many answers outside its protocol are borne before a person is told.
CHECKS_BORNE = 3

# Of an attempt whose owner succeeded by another: one of the two is given back or claimed back.
TWICE = ", as another attempt did: the money moved twice"

# What a reply can change.
ATTEMPT_FIELDS = (
    "status",
    "sequence",
    "failure_code",
    "provider_reference",
    "connector_state_encrypted",
    "raw",
    "contradiction",
    "checks",
    "next_check_at",
    "needs_person",
    "completed_at",
)


def take_reply(
    case: Case, attempt: Attempt, reply: ProviderReply, *, was_answered: bool, now: datetime
) -> Writes:
    """What one reply does to its locked attempt; returns what comes of it, unsaved.

    Of its owner nothing changes here: what the payer has to do is kept on the case. A move that
    the tables refuse is a contradiction for a person.
    """
    answer = reply.answer
    decision = judge_reply(
        AttemptStatus(attempt.status),
        answer,
        _expected_of(case, attempt, reply, was_answered=was_answered, now=now),
    )
    writes = Writes()
    rows = writes.inserts
    writes.update(attempt, ATTEMPT_FIELDS)
    if decision.status is not None and not attempt_may_move(attempt, decision.status):
        decision = Decision(
            contradiction=f"{attempt.status}, then {decision.status}", needs_person=True
        )
    if decision.contradiction:
        text = decision.contradiction
        if _moved_money_twice(case, attempt, answer):
            text += TWICE
        rows += contradict_attempt(attempt, text, now=now)
    is_over = attempt.status in ATTEMPT_FINAL
    if isinstance(answer, ProviderResult) and not decision.contradiction and not is_over:
        _keep_state(attempt, answer)
        if answer.next_action:
            case.next_action = {"kind": answer.next_action.kind, "url": answer.next_action.url}
    if decision.status is not None:
        detail = decision.contradiction or (
            "" if isinstance(answer, ProviderResult) else f"{type(answer).__name__}: {answer}"
        )
        rows.append(
            move_attempt(attempt, decision.status, source=reply.source, now=now, detail=detail)
        )
    if decision.status is not None or decision.failure_code:
        attempt.failure_code = decision.failure_code
    was_with_person = attempt.needs_person
    _schedule(attempt, reply, decision, now=now)
    if isinstance(answer, ProviderResult) and answer.cut:
        rows.append(
            contradiction_message(
                attempt, f"kept without a part of the answer: {answer.cut}", now=now
            )
        )
    if attempt.needs_person and not attempt.contradiction:
        if isinstance(answer, ProviderMisbehaved):
            # Once is soon over; for a long time somebody has to know.
            if attempt.checks % 10 == CHECKS_BORNE:
                rows.append(contradiction_message(attempt, "answers outside the protocol", now=now))
        elif not was_with_person:
            text = str(answer) if isinstance(answer, NotAsked) else "no final answer for a day"
            rows.append(contradiction_message(attempt, text, now=now))
    return writes


def read_state(attempt: Attempt) -> dict[str, str]:
    """What the connector keeps about this attempt, decrypted."""
    if not attempt.connector_state_encrypted:
        return {}
    connector_state: dict[str, str] = json.loads(
        decrypt(attempt.connector_state_encrypted, context=STATE_CONTEXT, row_id=attempt.pk)
    )
    return connector_state


def _moved_money_twice(case: Case, attempt: Attempt, answer: ReplyOrError) -> bool:
    return (
        isinstance(answer, ProviderResult)
        and answer.outcome is Outcome.SUCCEEDED
        and any(one.status == AttemptStatus.SUCCEEDED for one in case.attempts if one != attempt)
    )


def _expected_of(
    case: Case, attempt: Attempt, reply: ProviderReply, *, was_answered: bool, now: datetime
) -> Expected:
    row, account, answer = case.row, attempt.provider_account, reply.answer
    operation = operation_of(attempt)
    counterparty = ""
    if isinstance(answer, ProviderResult) and answer.counterparty:
        counterparty = owner_of(case.owner_type).counterparty(row, attempt)
    submitted_at = attempt.submitted_at or attempt.created_at
    return Expected(
        amount=row.amount if attempt.amount is None else attempt.amount,
        currency=attempt.currency or row.currency,
        counterparty=counterparty,
        is_submission=reply.is_submission,
        was_over=reply.was_over,
        grace_is_over=now >= submitted_at + unknown_reference_grace(account, operation),
        is_old=needs_person(submitted_at=submitted_at, now=now),
        was_answered=was_answered or bool(attempt.contradiction),
        was_repeated=attempt.repeats > 0,
        is_repeat_safe=operation_profile(account, operation).is_repeat_safe,
        # Money out: "failed" gives its hold back, and it is sent anew. What was to come in is only
        # not booked, and two people may still book it.
        contradiction="" if operation is Operation.COLLECT else attempt.contradiction,
        same_credentials=has_credentials_of(account, attempt),
    )


def _keep_state(attempt: Attempt, result: ProviderResult) -> None:
    attempt.raw = dict(result.raw)
    attempt.provider_reference = result.provider_reference or attempt.provider_reference
    # Encrypted anew it is other bytes, and the same state.
    if result.connector_state and dict(result.connector_state) != read_state(attempt):
        attempt.connector_state_encrypted = encrypt(
            json.dumps(dict(result.connector_state)), context=STATE_CONTEXT, row_id=attempt.pk
        )


def _schedule(attempt: Attempt, reply: ProviderReply, decision: Decision, *, now: datetime) -> None:
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
    if not reply.is_submission:
        attempt.checks += 1
    # That the provider says nothing takes back nothing of what it said.
    is_still_theirs = attempt.needs_person and not isinstance(reply.answer, ProviderResult)
    attempt.needs_person = (
        decision.needs_person or is_still_theirs or needs_person(submitted_at=submitted_at, now=now)
    )
