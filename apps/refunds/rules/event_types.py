"""Under which names merchants are told of a refund."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType
from apps.orchestration.rules.outgoing_status import (
    FAILED,
    NEEDS_APPROVAL,
    PENDING,
    SUCCEEDED,
)

CREATED = "refund.created"
APPROVED = "refund.approved"
# One that was sent after all, though its failure was told, says so by its own name.
LATE_SUCCESS = "refund.succeeded_late"

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("A refund was created by a request.", is_on_request=True),
    "refund.needs_approval": EventType(
        "A rule demands that others approve it first: its amount is held, and nothing is sent.",
        is_on_request=True,
    ),
    APPROVED: EventType("It was approved, and is being sent."),
    "refund.pending": EventType("It is sent again: the provider never had it, after we asked."),
    "refund.processing": EventType("A provider has it."),
    "refund.verifying": EventType("The outcome is unknown; we are asking the provider."),
    "refund.succeeded": EventType("The payer has the money."),
    LATE_SUCCESS: EventType(
        "The payer has the money after refund.failed: your balance bears it again."
    ),
    "refund.failed": EventType(
        "Nothing was given back; failure_code says why. The amount is in your balance again."
    ),
    "refund.canceled": EventType(
        "It was rejected, not approved in time, or canceled: nothing was sent, and the amount is in"
        " your balance again."
    ),
}


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    if not from_status:
        return CREATED if to_status == PENDING else f"refund.{to_status}"
    if (from_status, to_status) == (NEEDS_APPROVAL, PENDING):
        return APPROVED
    if (from_status, to_status) == (FAILED, SUCCEEDED):
        return LATE_SUCCESS
    return f"refund.{to_status}"
