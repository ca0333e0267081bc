from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.payments.models import (
    ATTEMPT_FINAL,
    Attempt,
    AttemptStatus,
    Payment,
    PaymentStatus,
    StatusChange,
)
from apps.payments.selectors.load_attempt import lock_with_siblings
from apps.payments.services.settle_payment import settle_payment
from apps.payments.services.take_news import ATTEMPT_FIELDS
from apps.payments.transitions import move
from apps.providers.contract import FailureCode


class CloseRefused(DomainError):
    code = "close_refused"
    status = 409
    title = "This cannot be closed as not paid."


@transaction.atomic
def close_unresolved(
    *,
    attempt_id: UUID,
    requested_by: str,
    approved_by: str,
    now: datetime,
    sequence: int | None = None,
) -> Payment:
    """Close as not paid an attempt that a person owns: its provider gives no final answer, answers
    for another amount, or knows of what we had closed. Two people decide it; then it is final.

    Safe to repeat.

    Args:
        requested_by, approved_by: who they are, e.g. "user:7"; not the same.
        sequence: the attempt's moves when it was asked for; None: not looked at.

    Raises:
        CloseRefused: one person alone, nobody was called for this attempt, or it moved since it was
            asked for.
    """
    if not requested_by or not approved_by or requested_by == approved_by:
        raise CloseRefused("Another person than who asked for it has to approve it.")
    locked = lock_with_siblings([attempt_id])
    if attempt_id not in locked:
        raise Attempt.DoesNotExist(str(attempt_id))
    attempt = locked[attempt_id]
    payment = attempt.payment
    if attempt.status == AttemptStatus.SUCCEEDED:
        raise CloseRefused("The provider says that it was paid.")
    if not attempt.needs_person:
        if attempt.status in ATTEMPT_FINAL and payment.status != PaymentStatus.VERIFYING:
            return payment
        raise CloseRefused("The machine is still asking: nobody was called for this attempt.")
    if sequence is not None and attempt.sequence != sequence:
        raise CloseRefused("The provider has answered since it was asked for: look again.")
    staff = StatusChange.Source.STAFF
    rows = []
    if attempt.status not in ATTEMPT_FINAL:
        detail = f"closed as not paid, {requested_by} and {approved_by}"
        rows.append(move(attempt, AttemptStatus.FAILED, source=staff, now=now, detail=detail))
        attempt.failure_code = FailureCode.PROVIDER_DECLINED
    attempt.needs_person = False
    attempt.next_check_at = None
    attempt.completed_at = attempt.completed_at or now
    settled, changed = settle_payment(payment, list(locked.values()), source=staff, now=now)
    bulk_write([*rows, *settled], {**changed, attempt: ATTEMPT_FIELDS})
    return payment
