from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.database_errors import is_away, is_busy
from apps.core.failpoints import failpoint
from apps.orchestration.due_work import SubmissionPace, put_back_attempt, submission_limiter
from apps.orchestration.models import Attempt, AttemptStatus, StatusChange
from apps.orchestration.rules.owners import owner_of
from apps.orchestration.selectors.choose_due import due_parameters
from apps.orchestration.selectors.load_attempts import due_ids, lock_due, lock_due_alone
from apps.orchestration.selectors.money_out import (
    HELD_FOR,
    OUTGOING,
    is_asked_first,
    lock_held,
    may_have_been_sent,
)
from apps.orchestration.transitions import move_attempt
from apps.providers.registry import credentials_fingerprint

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClaimedAttempt:
    """An attempt that only this process may submit. `id` is the attempt's."""

    id: UUID
    attempt: Attempt


@dataclass(slots=True)
class Claim:
    """What was found due: claimed, or held back."""

    claimed: list[ClaimedAttempt] = field(default_factory=list)
    held_back: int = 0

    def __iadd__(self, other: Claim) -> Self:
        self.claimed += other.claimed
        self.held_back += other.held_back
        return self


class CreatedAttempts:
    """Where the due work of "attempt.submit" lies: attempts created and not sent, of accounts that
    take what they are given, as many of each as it deserves."""

    def __init__(self) -> None:
        self._has_more = False
        self._more_in_s: float | None = None

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedAttempt]:
        slots = submission_limiter.free_slots(now)
        pace = SubmissionPace(slots)
        found = claim_attempts(due_parameters(pace.slots(), limit=limit, now=now), now=now)
        claimed = found.claimed
        pace.settle(one.attempt.provider_account_id for one in claimed)
        self._more_in_s = pace.more_in_s()
        for one in claimed:
            submission_limiter.acquire(one.id, [one.attempt.provider_account_id], now)
        accounts = ([one.attempt.provider_account_id] for one in claimed)
        self._has_more = bool(found.held_back) or slots.holds_back(accounts)
        return claimed

    def has_more(self) -> bool:
        """Whether an account has as many as it may have at once, or what is held back stood before
        others: there may be more for it."""
        return self._has_more

    def more_in_s(self) -> float | None:
        """When an account that takes so many orders a minute may be sent more, if it has more."""
        return self._more_in_s

    def finish(self, done: Sequence[UUID]) -> None:
        """Nothing: a claimed attempt is no longer created."""

    def put_back(self, item: Any, *, error: str, now: datetime) -> None:
        """Nothing: the claim set a check, and asking finds out whether it was sent."""


def claim_attempts(due: dict[str, Any], *, now: datetime) -> Claim:
    """Move due attempts from created to submitted, all in one transaction; `due` says which, as
    due_parameters makes it.

    Returns those this process may now submit. One that nobody wants any more, or whose time is
    over, is closed instead: it is never sent, but asked about where it may have been before the
    database forgot it. One that cannot be claimed is put back and stops none of the others.
    """
    try:
        return _claim_together(lambda: lock_due(due), now=now)
    except Exception as error:
        if is_away(error) or is_busy(error):
            raise
    # One of them spoils it for all: each alone.
    found = Claim()
    for attempt_id in due_ids(due):
        try:
            found += _claim_together(partial(lock_due_alone, attempt_id, now=now), now=now)
        except Exception as error:
            if is_away(error) or is_busy(error):
                if found.claimed:
                    break
                raise
            logger.exception("attempt cannot be claimed", extra={"attempt_id": str(attempt_id)})
            said = f"{type(error).__name__}: {error}"
            put_back_attempt(attempt_id, what="send it", error=said, now=now)
    return found


def _claim_together(lock: Callable[[], list[Attempt]], *, now: datetime) -> Claim:
    held_back = []
    changes = []
    with transaction.atomic():
        is_held = lock_held()
        attempts = lock()
        for attempt in attempts:
            moved = _claim(attempt, is_held=is_held, now=now)
            if moved is None:
                held_back.append(attempt)
            else:
                changes.append(moved)
        fields = (
            *("status", "sequence", "submitted_at", "next_check_at", "completed_at"),
            "credentials_fingerprint",
        )
        bulk_write(changes, dict.fromkeys(attempts, fields))
        failpoint("attempts.claim.before_commit")
    failpoint("attempts.claim.after_commit")
    _end_refused([one for one in attempts if one.status == AttemptStatus.NOT_SENT], now=now)
    claimed = [
        ClaimedAttempt(attempt.pk, attempt)
        for attempt in attempts
        if attempt.status == AttemptStatus.SUBMITTED
    ]
    return Claim(claimed, len(held_back))


def _end_refused(attempts: Sequence[Attempt], *, now: datetime) -> None:
    """Nothing is left that could end their owners. If this fails, the clock does it; those claimed
    together with them must be sent all the same."""
    refused: dict[str, list[UUID]] = {}
    for attempt in attempts:
        refused.setdefault(attempt.owner_type, []).append(attempt.owner_id)
    for owner_type, ids in refused.items():
        try:
            owner_of(owner_type).end_refused(ids, now=now)
        except Exception:
            logger.exception("not ended", extra={"owners": [str(pk) for pk in ids]})


def _claim(attempt: Attempt, *, is_held: bool, now: datetime) -> StatusChange | None:
    """None for one that is held back."""
    worker = StatusChange.Source.WORKER
    refusal = owner_of(attempt.owner_type).refusal(attempt.owner, attempt, now=now)
    if refusal and not may_have_been_sent(attempt):
        attempt.next_check_at = None
        attempt.completed_at = now
        return move_attempt(attempt, AttemptStatus.NOT_SENT, source=worker, now=now, detail=refusal)
    if is_held and attempt.operation in OUTGOING:
        # It stays as it is, and is looked at again.
        attempt.next_check_at = now + HELD_FOR
        return None
    attempt.asks_first = is_asked_first(attempt)
    attempt.only_asks = bool(refusal)
    attempt.submitted_at = now
    attempt.credentials_fingerprint = credentials_fingerprint(attempt.provider_account)
    # If this process dies now, the provider is asked after this.
    attempt.next_check_at = now + settings.SUBMIT_LEASE
    return move_attempt(attempt, AttemptStatus.SUBMITTED, source=worker, now=now)
