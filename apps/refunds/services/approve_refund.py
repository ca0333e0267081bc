from __future__ import annotations

import hmac
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.approvals.models import Approval
from apps.approvals.services.refuse_key import NotAsShown, WaitsNoMore
from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.core.work.outbox import wake_on_commit
from apps.merchants.selectors.refuse_disabled import refuse_disabled
from apps.orchestration.rules.owners import Lock
from apps.orchestration.services.end_approvals import end_approvals
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

    Args:
        shown_digest: of what the approver saw.
        approved_by: whose act it is, as approvals name it; whether she may is the caller's to know.

    Raises:
        WaitsNoMore: it was decided, canceled, or not approved in time.
        NotAsShown: it is not what was shown.
        MerchantDisabled: its merchant was disabled meanwhile. It waits on.
    """
    refund = lock_refund(refund_id)
    if refund.status != RefundStatus.NEEDS_APPROVAL:
        raise WaitsNoMore(f"It is {refund.status}.")
    if not hmac.compare_digest(digest_of(refund), shown_digest):
        raise NotAsShown("Get it, look at it, and send its digest.", field="digest")
    refuse_disabled(refund.merchant_id)
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
        _send(refund, operation, account, source=source, now=now)
    end_approvals(
        action=SEND,
        target=refund.public_id,
        status=Approval.Status.APPROVED,
        decided_by=approved_by,
        now=now,
    )
    record(
        actor=approved_by,
        action="refund.approve",
        target=refund.public_id,
        detail={"digest": shown_digest.hex(), "status": refund.status},
        now=now,
    )
    failpoint("refunds.approve.before_commit")
    return refund


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


def _send(
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
    )
    bulk_write([attempt, birth, *moved.rows], {refund: SENT_FIELDS})
    wake_on_commit(TOPIC)
