from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.orchestration.models import ATTEMPT_FINAL, AttemptStatus, StatusChange
from apps.orchestration.rules.check_decidable import check_decidable
from apps.orchestration.rules.outgoing_status import SUCCEEDED
from apps.orchestration.rules.owners import operation_of, owner_of
from apps.orchestration.selectors.load_attempts import lock_case_of
from apps.orchestration.services.confirm_success import confirm_success
from apps.orchestration.services.take_reply import ATTEMPT_FIELDS
from apps.orchestration.services.withdraw_attempts import withdraw_attempts
from apps.orchestration.transitions import move_attempt
from apps.providers.contract import Operation


class BookAsSentRefused(DomainError):
    code = "book_as_sent_refused"
    status = 409
    title = "This cannot be booked as sent."


class SentTwice(DomainError):
    code = "sent_twice"
    status = 409
    title = "Another attempt sent this money too."


@transaction.atomic
def book_as_sent(
    *,
    attempt_id: UUID,
    amount: int,
    requested_by: str,
    approved_by: str,
    now: datetime,
    sequence: int | None = None,
) -> Any:
    """Book as sent what a provider paid and we had not closed as paid: a refund or payout that
    failed, was closed by people, or that nobody answers for. Two people decide it.

    The attempt's owner becomes succeeded and is told of. If it had failed, its amount is held again
    and sent in the same transaction, whatever the balance is: the money is gone, so the balance may
    be negative. Safe to repeat; of one booked as sent already, it is confirmed that it was. Returns
    the owner.

    Args:
        amount: what the provider sent, in minor units of the owner's currency.
        requested_by, approved_by: who they are, e.g. "user:7"; not the same.
        sequence: the attempt's moves when it was asked for; None: not looked at.

    Raises:
        BookAsSentRefused: one person alone, another amount than was ordered, the provider is still
            being asked, the attempt moved since it was asked for, or another one may still send.
        SentTwice: another attempt of the same owner sent the money as well.
        What the owner refuses: a refund that would give back more than was collected.
    """
    if not requested_by or not approved_by or requested_by == approved_by:
        raise BookAsSentRefused(_("Another person than who asked for it has to approve it."))
    case, attempt = lock_case_of(attempt_id)
    row = case.row
    if operation_of(attempt) is Operation.COLLECT:
        raise BookAsSentRefused(_("This attempt collects money: book it as paid instead."))
    if amount != row.amount:
        ordered = Money(row.amount, row.currency)
        raise BookAsSentRefused(
            _("%(money)s was ordered: nothing else can be booked as sent.") % {"money": ordered},
            field="amount",
        )
    if row.status == SUCCEEDED and attempt.status == AttemptStatus.SUCCEEDED:
        confirm_success(attempt)
        return row
    check_decidable(attempt, sequence=sequence, refusal=BookAsSentRefused)
    others = [other for other in case.attempts if other is not attempt]
    for other in others:
        if other.status == AttemptStatus.SUCCEEDED:
            raise SentTwice(
                _(
                    "%(id)s sent it too, and is booked: this is a second time. Claim it back from"
                    " the provider or whoever has it, then close this one."
                )
                % {"id": other.public_id}
            )
        if other.status not in (*ATTEMPT_FINAL, AttemptStatus.CREATED):
            text = _("%(id)s may still send it: wait for its end.")
            raise BookAsSentRefused(text % {"id": other.public_id})
    case.source, case.is_repair = StatusChange.Source.STAFF, True
    writes = withdraw_attempts(others, source=case.source, detail="sent by another", now=now)
    # The other is closed before this one has sent: an owner has one such attempt.
    bulk_write([], writes.updates)
    writes.updates.clear()
    if attempt.status != AttemptStatus.SUCCEEDED:
        writes.inserts.append(
            move_attempt(
                attempt,
                AttemptStatus.SUCCEEDED,
                source=case.source,
                now=now,
                detail=f"sent {amount}, {requested_by} and {approved_by}",
                is_repair=True,
            )
        )
    attempt.failure_code = ""
    attempt.needs_person = False
    attempt.next_check_at = None
    attempt.completed_at = attempt.completed_at or now
    writes.update(attempt, ATTEMPT_FIELDS)
    writes.add(owner_of(case.owner_type).settle([case], now=now))
    bulk_write(writes.inserts, writes.updates)
    return row
