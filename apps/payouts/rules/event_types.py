"""Under which names merchants are told of a payout."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType

CREATED = "payout.created"

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("A payout was created by a request.", is_on_request=True),
    "payout.pending": EventType("It waits to be sent again: the one before was not sent."),
    "payout.processing": EventType("The provider has it."),
    "payout.verifying": EventType("The outcome is unknown; we are asking the provider."),
    "payout.succeeded": EventType("The payee has the money."),
    "payout.failed": EventType("Nothing was paid; the balance has the amount again."),
}


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    return f"payout.{to_status}" if from_status else CREATED
