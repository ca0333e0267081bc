from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Model

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus
from apps.orchestration.rules.outgoing_status import outgoing_status
from apps.orchestration.rules.owners import Case, Writes, operation_of
from apps.orchestration.services.contradict_attempt import contradict_attempt
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.orchestration.services.take_reply import ATTEMPT_FIELDS
from apps.orchestration.services.withdraw_attempts import withdraw_attempts
from apps.payments.services.return_reserved import return_reserved
from apps.refunds.models import Refund, RefundStatus
from apps.refunds.transitions import LIFECYCLE, move

# Seconds before the n-th further attempt, and so how many there are at most.
RETRY_DELAYS_S = (2, 5, 15)

REFUND_FIELDS = ("status", "failure_code", "sequence", "completed_at")


def settle_refunds(cases: Sequence[Case], *, now: datetime) -> Writes:
    """Derive each refund's status from all its attempts, and do what comes of it: another attempt,
    the booking, what was set aside given back, the event and its deliveries.

    Refunds and attempts are locked, and as they will be written. A status that the table refuses is
    a contradiction for a person, and changes nothing else. No query a case.
    """
    writes = Writes()
    for case in cases:
        over = [attempt for attempt in case.attempts if attempt.status in ATTEMPT_FINAL]
        if any(attempt.needs_person for attempt in over):
            # One that we closed may have moved the money: nothing more is sent.
            detail = "an earlier attempt may have been sent"
            writes.add(withdraw_attempts(case.attempts, source=case.source, detail=detail, now=now))
    _retry([case for case in cases if _wants_retry(case)], writes, now=now)
    ended: list[tuple[Case, str, str]] = []
    for case in cases:
        refund: Refund = case.row
        to_status, failure_code = outgoing_status(
            current=refund.status, failure_code=refund.failure_code, attempts=case.attempts
        )
        if to_status == refund.status:
            continue
        if LIFECYCLE.allows(refund.status, to_status):
            ended.append((case, to_status, failure_code))
        else:
            _contradict(case, to_status, writes, now=now)
    # Before anything is booked, which may open accounts: see there.
    failed = [case.row for case, to_status, _ in ended if to_status == RefundStatus.FAILED]
    return_reserved(_amounts(failed))
    for case, to_status, failure_code in ended:
        refund = case.row
        refund.failure_code = failure_code
        writes.inserts += move(refund, to_status, source=case.source, now=now).rows
        writes.inserts += _booking(refund, case.attempts, now=now)
        writes.update(refund, REFUND_FIELDS)
    return writes


def _wants_retry(case: Case) -> bool:
    """Whether its latest attempt was not sent, for a reason that may pass."""
    attempts, latest = case.attempts, case.attempts[-1]
    return (
        case.row.status not in LIFECYCLE.final
        and latest.status == AttemptStatus.NOT_SENT
        and not latest.failure_code
        and len(attempts) <= len(RETRY_DELAYS_S)
        and latest.provider_account.is_active
        and all(
            attempt.status == AttemptStatus.NOT_SENT
            # A provider that knows of one we closed may have sent it, and still may.
            and not attempt.needs_person
            and not attempt.contradiction
            for attempt in attempts
        )
    )


def _retry(cases: Sequence[Case], writes: Writes, *, now: datetime) -> None:
    """The next attempt of each of these, at the same account and by the same way."""
    if not cases:
        return
    # The old ones are closed before the new ones open: a refund has one open attempt.
    bulk_write([], {case.attempts[-1]: ATTEMPT_FIELDS for case in cases})
    for case in cases:
        latest = case.attempts[-1]
        delay_s = RETRY_DELAYS_S[len(case.attempts) - 1]
        attempt, birth = open_attempt(
            owner_type="refund",
            owner=case.row,
            operation=operation_of(latest),
            account=latest.provider_account,
            source=case.source,
            due_at=now + timedelta(seconds=delay_s),
            now=now,
        )
        case.attempts.append(attempt)
        writes.inserts += [attempt, birth]
    wake_on_commit(TOPIC)


def _contradict(case: Case, to_status: str, writes: Writes, *, now: datetime) -> None:
    (sent,) = [each for each in case.attempts if each.status == AttemptStatus.SUCCEEDED]
    text = f"it {to_status}, though the refund is {case.row.status}"
    writes.inserts += contradict_attempt(sent, text, now=now)
    sent.needs_person = True
    writes.update(sent, ATTEMPT_FIELDS)


def _amounts(refunds: Sequence[Refund]) -> dict[UUID, int]:
    """By payment: it may have several that fail at once."""
    amounts: Counter[UUID] = Counter()
    for refund in refunds:
        amounts[refund.payment_id] += refund.amount
    return dict(amounts)


def _booking(refund: Refund, attempts: Sequence[Attempt], *, now: datetime) -> list[Model]:
    """What the end of a refund books; nothing before it."""
    kind, sender_id, attempt_id = TransferKind.REFUND_RETURNED, None, None
    if refund.status == RefundStatus.SUCCEEDED:
        (sent,) = [attempt for attempt in attempts if attempt.status == AttemptStatus.SUCCEEDED]
        kind, sender_id, attempt_id = (
            TransferKind.REFUND_SENT,
            sent.provider_account_id,
            sent.pk,
        )
    elif refund.status != RefundStatus.FAILED:
        return []
    return list(
        post(
            {kind: Money(refund.amount, refund.currency)},
            merchant_id=refund.merchant_id,
            provider_account_id=sender_id,
            source_id=refund.pk,
            attempt_id=attempt_id,
            livemode=refund.livemode,
            now=now,
        )
    )
