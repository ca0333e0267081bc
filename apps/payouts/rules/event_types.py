"""Under which names merchants are told of a payout."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType
from apps.orchestration.rules.outgoing_status import (
    FAILED,
    NEEDS_APPROVAL,
    PENDING,
    SUCCEEDED,
)

CREATED = "payout.created"
APPROVED = "payout.approved"
# One that was sent after all, though its failure was told, says so by its own name.
LATE_SUCCESS = "payout.succeeded_late"

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("A payout was created by a request.", is_on_request=True),
    "payout.needs_approval": EventType(
        "A rule demands that others approve it first: its amount is held, and nothing is sent.",
        is_on_request=True,
    ),
    APPROVED: EventType("It was approved, and is being sent."),
    "payout.pending": EventType("It waits to be sent again: the one before was not sent."),
    "payout.processing": EventType("The provider has it."),
    "payout.verifying": EventType("The outcome is unknown; we are asking the provider."),
    "payout.succeeded": EventType("The payee has the money."),
    LATE_SUCCESS: EventType(
        "The payee has the money after payout.failed: your balance bears it again."
    ),
    "payout.failed": EventType("Nothing was paid; the balance has the amount again."),
    "payout.canceled": EventType(
        "It was rejected, not approved in time, or canceled: nothing was sent, and the balance has"
        " the amount again."
    ),
}


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    if not from_status:
        return CREATED if to_status == PENDING else f"payout.{to_status}"
    if (from_status, to_status) == (NEEDS_APPROVAL, PENDING):
        return APPROVED
    if (from_status, to_status) == (FAILED, SUCCEEDED):
        return LATE_SUCCESS
    return f"payout.{to_status}"
