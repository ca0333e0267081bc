from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Model

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import post
from apps.orchestration.models import ATTEMPT_FINAL, Attempt, AttemptStatus
from apps.orchestration.rules.outgoing_status import outgoing_status
from apps.orchestration.rules.owners import Writes
from apps.orchestration.selectors.next_account import RETRY_DELAYS_S, next_account
from apps.orchestration.services.contradict_attempt import contradict_attempt
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.orchestration.services.take_reply import ATTEMPT_FIELDS
from apps.orchestration.services.withdraw_attempts import withdraw_attempts
from apps.payouts.models import Payout, PayoutStatus
from apps.payouts.transitions import FINAL, may_move, move
from apps.providers.contract import Operation

PAYOUT_FIELDS = ("status", "failure_code", "provider", "sequence", "completed_at")


def settle_payout(payout: Payout, attempts: list[Attempt], *, source: str, now: datetime) -> Writes:
    """Derive the payout's status from all its attempts, oldest first, and do what comes of it:
    another attempt, the booking, the event and its deliveries.

    Payout and attempts are locked, and as they will be written. A status that the table refuses
    is a contradiction for a person, and changes nothing else.
    """
    writes = Writes()
    rows = writes.inserts
    if any(attempt.needs_person and attempt.status in ATTEMPT_FINAL for attempt in attempts):
        # One that we closed may have been paid: nothing more is sent.
        detail = "an earlier attempt may have been paid"
        writes.add(withdraw_attempts(attempts, source=source, detail=detail, now=now))
    retry = _retry(payout, attempts, rows, source=source, now=now)
    if retry:
        attempts = [*attempts, *retry]
        writes.update(payout, PAYOUT_FIELDS)
    to_status, failure_code = outgoing_status(
        current=payout.status, failure_code=payout.failure_code, attempts=attempts
    )
    if to_status == payout.status:
        return writes
    if not may_move(payout, to_status):
        (paid,) = [each for each in attempts if each.status == AttemptStatus.SUCCEEDED]
        rows += contradict_attempt(
            paid, f"it {to_status}, though the payout is {payout.status}", now=now
        )
        paid.needs_person = True
        writes.update(paid, ATTEMPT_FIELDS)
        return writes
    payout.failure_code = failure_code
    rows += move(payout, to_status, source=source, now=now).rows
    if to_status in FINAL:
        rows += _booking(payout, attempts, now=now)
    writes.update(payout, PAYOUT_FIELDS)
    return writes


def _retry(
    payout: Payout, attempts: Sequence[Attempt], rows: list[Model], *, source: str, now: datetime
) -> list[Attempt]:
    """The next attempt, if none left us and another account or try is left."""
    if payout.status in FINAL or any(one.status != AttemptStatus.NOT_SENT for one in attempts):
        return []
    account = next_account(payout.candidates, attempts)
    if account is None:
        return []
    # The old attempt is closed before the new one opens: a payout has one open attempt.
    bulk_write([], {attempts[-1]: ATTEMPT_FIELDS})
    attempt, birth = open_attempt(
        owner_type="payout",
        owner=payout,
        operation=Operation.DISBURSE,
        account=account,
        source=source,
        due_at=now + timedelta(seconds=RETRY_DELAYS_S[len(attempts) - 1]),
        now=now,
    )
    payout.provider = account.connector
    rows += [attempt, birth]
    wake_on_commit(TOPIC)
    return [attempt]


def _booking(payout: Payout, attempts: Sequence[Attempt], *, now: datetime) -> list[Model]:
    """What was held is gone, or the merchant's again: once, for a payout ends once."""
    money = Money(payout.amount, payout.currency)
    if payout.status == PayoutStatus.FAILED:
        return list(
            post(
                {TransferKind.PAYOUT_RETURNED: money},
                merchant_id=payout.merchant_id,
                source_id=payout.pk,
                livemode=payout.livemode,
                now=now,
            )
        )
    (paid,) = [attempt for attempt in attempts if attempt.status == AttemptStatus.SUCCEEDED]
    return list(
        post(
            {TransferKind.PAYOUT_SENT: money},
            merchant_id=payout.merchant_id,
            provider_account_id=paid.provider_account_id,
            source_id=payout.pk,
            attempt_id=paid.pk,
            livemode=payout.livemode,
            now=now,
        )
    )
