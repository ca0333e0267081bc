from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.storable_text import storable_text
from apps.orchestration.models import StatusChange
from apps.orchestration.rules.owners import Lock
from apps.payments.selectors.load_payments import load_payments
from apps.refunds.models import Refund
from apps.refunds.services.create_refund import RefundOrder, create_refund

REASON_LENGTH_MAX = 140


class RefundedMeanwhile(DomainError):
    code = "refunded_meanwhile"
    status = 409
    title = "Another refund of this payment was made meanwhile, or came back."


@transaction.atomic
def refund_for_merchant(
    *,
    payment_id: UUID,
    amount: int,
    reason: str,
    refunded_before: int,
    actor: str,
    now: datetime,
) -> Refund:
    """A refund that staff make at the merchant's wish, with a trace of who did.

    Args:
        refunded_before: what the payment's `amount_refunded` was when it was looked at: a form
            sent twice refunds once.

    Raises:
        RefundedMeanwhile, and what create_refund raises: nothing was recorded.
    """
    payment = load_payments([payment_id], lock=Lock.WAIT)[payment_id]
    if payment.amount_refunded != refunded_before:
        raise RefundedMeanwhile(
            _(
                "Another refund was made meanwhile, or came back. Nothing was done: look at what is"
                " left."
            )
        )
    refund = create_refund(
        payment_id=payment_id,
        order=RefundOrder(amount=amount, reason=storable_text(reason, REASON_LENGTH_MAX)),
        source=StatusChange.Source.STAFF,
        now=now,
    )
    record(
        actor=actor,
        action="refund.create",
        target=refund.public_id,
        detail={"payment": payment.public_id, "amount": amount, "currency": refund.currency},
        now=now,
    )
    return refund
