from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.money import AMOUNT_MAX
from apps.ledger.services.post import post_all
from apps.orchestration.models import AttemptStatus, StatusChange
from apps.orchestration.rules.check_decidable import check_decidable
from apps.orchestration.selectors.load_attempts import lock_case_of
from apps.orchestration.services.confirm_success import confirm_success
from apps.orchestration.services.take_reply import ATTEMPT_FIELDS
from apps.orchestration.services.withdraw_attempts import withdraw_attempts
from apps.orchestration.transitions import move_attempt
from apps.payments.models import Payment, PaymentStatus
from apps.payments.services.settle_payment import PAYMENT_FIELDS, settle_payment


class LateSuccessRefused(DomainError):
    code = "late_success_refused"
    status = 409
    title = "This cannot be booked as paid."


@transaction.atomic
def book_late_success(
    *,
    attempt_id: UUID,
    amount: int,
    requested_by: str,
    approved_by: str,
    now: datetime,
    sequence: int | None = None,
) -> Payment:
    """Book as paid what a provider collected and we had not closed as paid: after "failed" or
    "not sent", or of another amount than was asked. Two people decide it.

    The payment becomes succeeded with what was received, is booked, and is told of by its own
    event. Safe to repeat: of a payment booked so already it is confirmed that it was paid, whatever
    the provider said since.

    Args:
        amount: what the provider collected, in minor units of the payment's currency.
        requested_by, approved_by: who they are, e.g. "user:7"; not the same.
        sequence: the attempt's moves when it was asked for; None: not looked at.

    Raises:
        LateSuccessRefused: one person alone, no amount, the provider is still being asked, the
            attempt moved since it was asked for, or another attempt of the payment was paid or
            may still be: that money is given back, not booked.
    """
    if not requested_by or not approved_by or requested_by == approved_by:
        raise LateSuccessRefused(_("Another person than who asked for it has to approve it."))
    if amount <= 0:
        raise LateSuccessRefused(_("The amount is not positive."), field="amount")
    if amount > AMOUNT_MAX:
        # More than anybody can be asked for: a slip, and sums of such amounts overflow.
        text = _("The largest amount is %(amount)s.")
        raise LateSuccessRefused(text % {"amount": AMOUNT_MAX}, field="amount")
    case, attempt = lock_case_of(attempt_id)
    if case.owner_type != "payment":
        raise LateSuccessRefused(_("This attempt sent money out: nothing was paid by it."))
    payment: Payment = case.row
    if payment.status == PaymentStatus.SUCCEEDED:
        if attempt.status == AttemptStatus.SUCCEEDED and payment.received == amount:
            confirm_success(attempt)
            return payment
        raise LateSuccessRefused(_("The payment is paid already: give this money back instead."))
    check_decidable(attempt, sequence=sequence, refusal=LateSuccessRefused)
    staff = StatusChange.Source.STAFF
    others = [other for other in case.attempts if other.pk != attempt_id]
    writes = withdraw_attempts(others, source=staff, detail="paid by another", now=now)
    if any(other.next_check_at is not None for other in others):
        raise LateSuccessRefused(_("Another attempt of this payment may still be paid."))
    if any(other.status == AttemptStatus.SUCCEEDED for other in others):
        raise LateSuccessRefused(_("Another attempt was paid: give this money back instead."))
    # The other is closed before this one is paid: a payment has one such attempt.
    bulk_write([], writes.updates)
    writes.updates.clear()
    if attempt.status != AttemptStatus.SUCCEEDED:
        detail = f"paid {amount}, {requested_by} and {approved_by}"
        writes.inserts.append(
            move_attempt(
                attempt,
                AttemptStatus.SUCCEEDED,
                source=staff,
                now=now,
                detail=detail,
                is_repair=True,
            )
        )
    attempt.failure_code = ""
    attempt.needs_person = False
    attempt.next_check_at = None
    attempt.completed_at = attempt.completed_at or now
    payment.amount_received = amount if amount != payment.amount else None
    payment.fee = min(payment.fee, amount)
    payment.fee_tax = min(payment.fee_tax, amount - payment.fee)
    # What it moved: the provider's word for it is no difference any more.
    attempt.amount = amount
    case.source, case.is_repair = staff, True
    settled, bookings = settle_payment(case, now=now)
    writes.add(settled)
    writes.inserts += post_all(bookings, now=now)
    writes.update(attempt, (*ATTEMPT_FIELDS, "amount"))
    writes.update(payment, (*PAYMENT_FIELDS, "fee", "fee_tax"))
    bulk_write(writes.inserts, writes.updates)
    return payment
