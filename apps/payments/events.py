"""What merchants are told about a payment, and under which name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.payments.models import Payment, PaymentStatus
from apps.payments.representation import payment_as_json
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services.promise import promise

# A payment that succeeds after its end was told says so by its own name.
LATE_SUCCESS = "payment.succeeded_late"
CREATED = "payment.created"
ENDED = frozenset({PaymentStatus.EXPIRED, PaymentStatus.FAILED, PaymentStatus.CANCELED})

TYPES = {
    # Back from verifying.
    PaymentStatus.PENDING: "payment.pending",
    PaymentStatus.REQUIRES_ACTION: "payment.requires_action",
    PaymentStatus.AUTHORIZED: "payment.authorized",
    PaymentStatus.VERIFYING: "payment.verifying",
    PaymentStatus.SUCCEEDED: "payment.succeeded",
    PaymentStatus.FAILED: "payment.failed",
    PaymentStatus.EXPIRED: "payment.expired",
    PaymentStatus.CANCELED: "payment.canceled",
}


def tell(
    payment: Payment, *, from_status: str, endpoints: Iterable[Endpoint], now: datetime
) -> list[Event | Delivery]:
    """The event of the move just made, under the move's number, and its deliveries, unsaved."""
    status = PaymentStatus(payment.status)
    type = TYPES[status]
    if not from_status:
        type = CREATED
    elif status == PaymentStatus.SUCCEEDED and from_status in ENDED:
        type = LATE_SUCCESS
    return promise(
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        type=type,
        object_id=payment.pk,
        sequence=payment.sequence,
        data=payment_as_json(payment),
        endpoints=endpoints,
        now=now,
    )
