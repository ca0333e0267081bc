from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.orchestration.rules.order_reference import first_reference
from apps.orchestration.rules.owners import Lock
from apps.orchestration.services.approve_held import approve_held
from apps.orchestration.services.open_attempt import TOPIC, open_attempt
from apps.payments.models import PaymentStatus
from apps.payments.selectors.load_payments import load_payments
from apps.providers.contract import FailureCode, Operation
from apps.providers.models import ProviderAccount
from apps.refunds.models import Refund, RefundStatus, RefundWay
from apps.refunds.rules.approvable import SEND, digest_of
from apps.refunds.selectors.lock_refund import lock_refund
from apps.refunds.services.choose_way import choose_way
from apps.refunds.services.release_refund import release_refund
from apps.refunds.transitions import move

SENT_FIELDS = ("status", "sequence", "way", "provider")


@transaction.atomic
def approve_refund(
    *, refund_id: UUID, shown_digest: bytes, approved_by: str, source: str, now: datetime
) -> Refund:
    """Send a refund that waits for approval, as it was shown, as if it were created now: its way is
    chosen anew, at the fee that is held with it. What it set aside of its payment was its own all
    the while. Where it cannot be given back any more it fails, and all of it is given back.

    What approve_held is told, and what it raises.
    """
    refund = lock_refund(refund_id)
    approve_held(
        refund,
        action=SEND,
        audited_as="refund.approve",
        digest=digest_of(refund),
        shown_digest=shown_digest,
        approved_by=approved_by,
        now=now,
        send=lambda: _send(refund, source=source, now=now),
    )
    failpoint("refunds.approve.before_commit")
    return refund


def _send(refund: Refund, *, source: str, now: datetime) -> None:
    refund.failure_code, detail = _stopped_by(refund)
    if not refund.failure_code:
        try:
            operation, account = choose_way(
                refund.payment, Money(refund.amount, refund.currency), refund.collected_by
            )
        except DomainError as refusal:
            refund.failure_code, detail = FailureCode.PROVIDER_UNAVAILABLE.value, refusal.code
    if refund.failure_code:
        release_refund(
            refund, RefundStatus.FAILED, source=source, detail=f"approved: {detail}", now=now
        )
    else:
        _open(refund, operation, account, source=source, now=now)


def _stopped_by(refund: Refund) -> tuple[str, str]:
    """Failure code and reason, where what is known of the payment by now stops its refund."""
    payment = load_payments([refund.payment_id], lock=Lock.WAIT)[refund.payment_id]
    refund.payment = payment
    declined = FailureCode.PROVIDER_DECLINED.value
    if refund.collected_by.needs_person:
        return declined, "payment_contradicted"
    if payment.status != PaymentStatus.SUCCEEDED:
        return declined, "payment_not_refundable"
    if payment.left < 0:
        # More of it is disputed by now than it can bear beside its refunds.
        return declined, "payment_disputed"
    return "", ""


def _open(
    refund: Refund, operation: Operation, account: ProviderAccount, *, source: str, now: datetime
) -> None:
    refund.way, refund.provider = RefundWay(operation.value), account.connector
    moved = move(refund, RefundStatus.PENDING, source=source, now=now)
    attempt, birth = open_attempt(
        owner_type="refund",
        owner=refund,
        operation=operation,
        account=account,
        source=source,
        due_at=now,
        now=now,
        reference=first_reference(refund.pk),
    )
    bulk_write([attempt, birth, *moved.rows], {refund: SENT_FIELDS})
    wake_on_commit(TOPIC)
