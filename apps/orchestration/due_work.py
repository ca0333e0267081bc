"""Payments' own queues: attempts to send, and attempts to ask about.

Both are claimed provider account by provider account, as many of each as it has free slots: what
one that hangs is owed waits in its rows and holds nobody's thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from apps.core.work import outbox
from apps.core.work.concurrency_limiter import ConcurrencyLimiter, KeySlots, Slots
from apps.core.work.pace import Taken, take
from apps.orchestration.models import Attempt
from apps.orchestration.selectors.choose_due import CHOSEN_TO_ASK, due_parameters
from apps.providers.models import ProviderAccount
from apps.providers.selectors.accounts import all_accounts

# A call to a provider is slow when a payer would no longer wait for it.
SLOW = timedelta(seconds=5)

# Of the 64 threads that send, and of the 32 that ask: two accounts that hang leave some to others.
submission_limiter = ConcurrencyLimiter(first=4, most=24, troubled_most=16, slow=SLOW, stuck=SLOW)
question_limiter = ConcurrencyLimiter(first=4, most=12, troubled_most=8, slow=SLOW, stuck=SLOW)

# A question that could not even be put waits 1, 2, 4 … minutes, at most an hour; so often in a
# row, and a person is told.
FAILURES_BORNE = 6
CONTRADICTED = "attempt.contradicted"


class SubmissionPace:
    """What accounts that take only so many orders a minute may be sent in one claim.

    Taken before the claim, so that no two processes claim for the same call; what nothing was
    claimed for is given back. Without such an account it costs nothing.
    """

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._limits = {
            account.pk: account.orders_per_minute
            for account in all_accounts()
            if account.orders_per_minute
        }
        self._taken: dict[UUID, Taken] = self._take(
            {account_id: slots.free_of(account_id) for account_id in self._limits}
        )
        self._more_in_s: float | None = None

    def slots(self) -> Slots:
        """The slots, none of such an account that there is no call for."""
        if not self._taken:
            return self._slots
        narrowed = dict(self._slots.keys)
        for account_id, taken in self._taken.items():
            known = narrowed.get(account_id)
            narrowed[account_id] = KeySlots(taken.count, known.is_troubled if known else False)
        return replace(self._slots, keys=narrowed)

    def settle(self, claimed: Iterable[UUID]) -> None:
        """Give back what nothing was claimed for. `claimed`: the account of each order."""
        if not self._taken:
            return
        used = Counter(claimed)
        unused = {
            account_id: used[account_id] - taken.count
            for account_id, taken in self._taken.items()
            if used[account_id] < taken.count
        }
        self._take(unused)
        # Of the others there may be more orders than calls.
        waits = [
            taken.more_in_s
            for account_id, taken in self._taken.items()
            if account_id not in unused and self._slots.free_of(account_id) > taken.count
        ]
        self._more_in_s = min(waits, default=None)

    def more_in_s(self) -> float | None:
        """In how many seconds there is a call for what may have been left; None: nothing was."""
        return self._more_in_s

    def _take(self, wanted: dict[UUID, int]) -> dict[UUID, Taken]:
        taken = take(
            {str(key): (self._limits[key], count) for key, count in wanted.items() if count}
        )
        return {key: taken[str(key)] for key in wanted if str(key) in taken}


def take_turn(account: ProviderAccount) -> bool:
    """Take the call of one order that is not claimed with others; False: there is none now."""
    return not account.orders_per_minute or _take_one(account, account.orders_per_minute, 1) == 1


def give_turn_back(account: ProviderAccount) -> None:
    """Nothing was sent after all: the call is another order's."""
    if account.orders_per_minute:
        _take_one(account, account.orders_per_minute, -1)


def _take_one(account: ProviderAccount, a_minute: int, count: int) -> int:
    key = str(account.pk)
    return take({key: (a_minute, count)})[key].count


CLAIM = f"""{CHOSEN_TO_ASK}
UPDATE payments_attempt a SET next_check_at = %(lease_until)s
  FROM chosen c WHERE a.id = c.id
RETURNING a.id, a.provider_account_id
"""  # noqa: S608 (our own words)

PUT_BACK = """
UPDATE payments_attempt a
   SET failures = failures + 1, needs_person = needs_person OR failures + 1 >= %(borne)s,
       next_check_at = %(now)s + LEAST(2 ^ LEAST(failures, 10), 60) * interval '1 minute'
 WHERE id = %(id)s AND NOT (a.status IN ('succeeded', 'failed', 'not_sent'))
RETURNING failures
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One row whose time has come."""

    id: UUID


class DueAttempts:
    """Attempts sent, not final, whose next check has come."""

    def __init__(self) -> None:
        self._has_more = False

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[Due]:
        slots = question_limiter.free_slots(now)
        with connection.cursor() as cursor:
            cursor.execute(
                CLAIM,
                due_parameters(slots, limit=limit, now=now)
                | {"lease_until": now + settings.WORK_LEASE},
            )
            rows = cursor.fetchall()
        for attempt_id, account_id in rows:
            question_limiter.acquire(attempt_id, [account_id], now)
        self._has_more = slots.holds_back([account_id] for _, account_id in rows)
        return [Due(attempt_id) for attempt_id, _ in rows]

    def has_more(self) -> bool:
        """Whether an account has as many as it may have at once: there may be more for it."""
        return self._has_more

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: the answer set the next check."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        put_back_attempt(item.id, what="ask about it", error=error, now=now)


@transaction.atomic
def put_back_attempt(attempt_id: UUID, *, what: str, error: str, now: datetime) -> None:
    """We could not do this (`what`, as in "we could not …") with an attempt: later again."""
    with connection.cursor() as cursor:
        cursor.execute(PUT_BACK, {"id": attempt_id, "now": now, "borne": FAILURES_BORNE})
        row = cursor.fetchone()
    if row and row[0] == FAILURES_BORNE:
        outbox.enqueue(
            CONTRADICTED,
            now=now,
            attempt_id=str(attempt_id),
            detail=f"{FAILURES_BORNE} times in a row we could not {what}: {error}"[:200],
        )


def forget_failures(asked: Sequence[Attempt]) -> None:
    """These could be asked about; no statement if all the others could, too."""
    failed = [attempt.pk for attempt in asked if attempt.failures]
    if failed:
        with transaction.atomic():
            # In the order in which replies lock them: else the two wait for each other.
            locked = Attempt.objects.select_for_update(no_key=True).order_by("id")
            list(locked.filter(pk__in=failed).values_list("id", flat=True))
            Attempt.objects.filter(pk__in=failed).update(failures=0)
