"""Under which names merchants are told of a payment."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType
from apps.payments.models import PaymentStatus

CREATED = "payment.created"
# A payment that succeeds after its end was told says so by its own name.
LATE_SUCCESS = "payment.succeeded_late"
ENDED = frozenset({PaymentStatus.EXPIRED, PaymentStatus.FAILED, PaymentStatus.CANCELED})

TYPES = {
    # Back from verifying, or once the payer said which number pays.
    PaymentStatus.PENDING: "payment.pending",
    PaymentStatus.REQUIRES_ACTION: "payment.requires_action",
    PaymentStatus.AUTHORIZED: "payment.authorized",
    PaymentStatus.VERIFYING: "payment.verifying",
    PaymentStatus.SUCCEEDED: "payment.succeeded",
    PaymentStatus.FAILED: "payment.failed",
    PaymentStatus.EXPIRED: "payment.expired",
    PaymentStatus.CANCELED: "payment.canceled",
}

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("A payment was created by a request.", is_on_request=True),
    "payment.pending": EventType(
        "It waits for the payer or the provider, after we did not know, or once the payer named the"
        " number that pays."
    ),
    "payment.requires_action": EventType("The payer has to do something: next_action says what."),
    "payment.authorized": EventType("The payer's bank holds the amount."),
    "payment.verifying": EventType("The outcome is unknown; we are asking the provider."),
    "payment.succeeded": EventType("The money is collected."),
    LATE_SUCCESS: EventType("The money was collected after payment.expired."),
    "payment.failed": EventType("No money was collected; failure_code says why."),
    "payment.expired": EventType("The payer did not answer in time."),
    "payment.canceled": EventType("It was canceled before any money moved."),
}


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    if not from_status:
        return CREATED
    if to_status == PaymentStatus.SUCCEEDED and from_status in ENDED:
        return LATE_SUCCESS
    return TYPES[PaymentStatus(to_status)]
