"""What merchants are told about a payment, and under which name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.representation import payment_as_json
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services.build_event import build_event

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


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    if not from_status:
        return CREATED
    if to_status == PaymentStatus.SUCCEEDED and from_status in ENDED:
        return LATE_SUCCESS
    return TYPES[PaymentStatus(to_status)]


def tell(
    payment: Payment, *, from_status: str, endpoints: Iterable[Endpoint], now: datetime
) -> list[Event | Delivery]:
    """The event of the move just made, under the move's number, and its deliveries, unsaved."""
    return build_event(
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        type=event_type(from_status, payment.status),
        object_id=payment.pk,
        sequence=payment.sequence,
        data=payment_as_json(payment),
        endpoints=endpoints,
        now=now,
    )
