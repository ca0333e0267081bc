from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.orchestration.models import ATTEMPT_FINAL, IN_DOUBT, Attempt, AttemptStatus, StatusChange
from apps.orchestration.rules.outgoing_status import SUCCEEDED
from apps.orchestration.rules.owners import Writes, operation_of, owner_of
from apps.orchestration.selectors.load_attempts import lock_case_of
from apps.orchestration.services.take_reply import ATTEMPT_FIELDS
from apps.orchestration.transitions import move_attempt
from apps.providers.contract import FailureCode
from apps.providers.registry import unknown_reference_grace

# Every owner's word for "we do not know, and are asking".
VERIFYING = "verifying"


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
) -> Any:
    """Close as not paid an attempt that a person owns: its provider gives no final answer, answers
    for another amount, or knows of what we had closed. Two people decide it; then it is final.

    Safe to repeat. Returns the attempt's owner.

    Args:
        requested_by, approved_by: who they are, e.g. "user:7"; not the same.
        sequence: the attempt's moves when it was asked for; None: not looked at.

    Raises:
        CloseRefused: one person alone, nobody was called for this attempt, or it moved since it was
            asked for, or it may be on its way to the provider at this moment.
    """
    if not requested_by or not approved_by or requested_by == approved_by:
        raise CloseRefused(_("Another person than who asked for it has to approve it."))
    case, attempt = lock_case_of(attempt_id)
    if attempt.status == AttemptStatus.SUCCEEDED:
        if case.row.status == SUCCEEDED:
            raise CloseRefused(_("It is booked, and a booking is not taken back."))
        raise CloseRefused(_("The provider says that it was paid."))
    if not attempt.needs_person:
        if attempt.status in ATTEMPT_FINAL and case.row.status != VERIFYING:
            return case.row
        raise CloseRefused(_("The machine is still asking: nobody was called for this attempt."))
    if sequence is not None and attempt.sequence != sequence:
        raise CloseRefused(_("It has moved since this was asked for: look again."))
    if _may_be_under_way(attempt, now=now):
        raise CloseRefused(
            _("It was sent a short while ago, and may still arrive: look again later.")
        )
    case.source = StatusChange.Source.STAFF
    writes = Writes()
    if attempt.status not in ATTEMPT_FINAL:
        detail = f"closed as not paid, {requested_by} and {approved_by}"
        writes.inserts.append(
            move_attempt(attempt, AttemptStatus.FAILED, source=case.source, now=now, detail=detail)
        )
        attempt.failure_code = FailureCode.PROVIDER_DECLINED
    attempt.needs_person = False
    attempt.next_check_at = None
    attempt.completed_at = attempt.completed_at or now
    writes.update(attempt, ATTEMPT_FIELDS)
    writes.add(owner_of(case.owner_type).settle([case], now=now))
    bulk_write(writes.inserts, writes.updates)
    return case.row


def _may_be_under_way(attempt: Attempt, *, now: datetime) -> bool:
    """Whether an order may yet arrive of which the provider has shown us nothing."""
    if attempt.status not in IN_DOUBT or attempt.contradiction:
        return False
    sent_at = attempt.submitted_at or attempt.created_at
    return now < sent_at + unknown_reference_grace(attempt.provider_account, operation_of(attempt))
