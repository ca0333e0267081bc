from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.core.outbox import ClaimedMessage
from apps.core.write_together import write_together
from apps.payments.models import Attempt, AttemptStatus, StatusChange
from apps.payments.selectors.load_attempt import lock_created
from apps.payments.services.next_account import WANTED
from apps.payments.transitions import move
from apps.providers.registry import credentials_fingerprint


@dataclass(frozen=True, slots=True)
class ClaimedAttempt:
    """An attempt that only this process may submit. `id` is the outbox message's."""

    id: UUID
    attempt: Attempt


def claim_attempts(messages: list[ClaimedMessage]) -> list[ClaimedAttempt]:
    """Move these attempts from created to submitted, all in one transaction.

    Returns those this process may now submit. Whatever is no longer "created" was submitted
    before: asking the provider, not this, finds out what became of it.
    """
    now = database_clock.now()
    message_ids = {UUID(message.payload["attempt_id"]): message.id for message in messages}
    claimed: list[ClaimedAttempt] = []
    with transaction.atomic():
        # A locked row is waited for: skipping it would drop its message and never submit it.
        attempts = lock_created(message_ids)
        changes = [_claim(attempt, now=now) for attempt in attempts]
        fields = (
            *("status", "sequence", "submitted_at", "next_check_at", "completed_at"),
            "credentials_fingerprint",
        )
        write_together(changes, dict.fromkeys(attempts, fields))
        claimed = [
            ClaimedAttempt(id=message_ids[attempt.pk], attempt=attempt)
            for attempt in attempts
            if attempt.status == AttemptStatus.SUBMITTED
        ]
        failpoint("payments.claim.before_commit")
    failpoint("payments.claim.after_commit")
    return claimed


def _claim(attempt: Attempt, *, now: datetime) -> StatusChange:
    worker = StatusChange.Source.WORKER
    if attempt.payment.status not in WANTED or now >= attempt.payment.expires_at:
        attempt.next_check_at = None
        attempt.completed_at = now
        return move(
            attempt, AttemptStatus.NOT_SENT, source=worker, now=now, detail="no longer wanted"
        )
    attempt.submitted_at = now
    attempt.credentials_fingerprint = credentials_fingerprint(attempt.provider_account)
    # If this process dies now, the provider is asked after this.
    attempt.next_check_at = now + settings.SUBMIT_LEASE
    return move(attempt, AttemptStatus.SUBMITTED, source=worker, now=now)
