"""Under which names merchants are told of a settlement."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType

CREATED = "settlement.created"
RELEASED = "settlement.waiting"

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("A period was closed: its statement says what is paid to you."),
    RELEASED: EventType("Its amount waits to be paid."),
    "settlement.on_hold": EventType("It is held back until we have looked at it."),
    "settlement.filed": EventType("It is in the next file for our bank."),
    "settlement.sent": EventType("It is under way: as a payout, or by our bank."),
    "settlement.paid": EventType("You have the money."),
    "settlement.failed": EventType(
        "It was not paid, or came back: your balance has the amount again, and the next statement"
        " says so."
    ),
}


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    return f"settlement.{to_status}" if from_status else CREATED
