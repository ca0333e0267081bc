"""Under which names merchants are told of a payout."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType
from apps.orchestration.rules.outgoing_status import FAILED, SUCCEEDED

CREATED = "payout.created"
# One that was sent after all, though its failure was told, says so by its own name.
LATE_SUCCESS = "payout.succeeded_late"

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("A payout was created by a request.", is_on_request=True),
    "payout.pending": EventType("It waits to be sent again: the one before was not sent."),
    "payout.processing": EventType("The provider has it."),
    "payout.verifying": EventType("The outcome is unknown; we are asking the provider."),
    "payout.succeeded": EventType("The payee has the money."),
    LATE_SUCCESS: EventType(
        "The payee has the money after payout.failed: your balance bears it again."
    ),
    "payout.failed": EventType("Nothing was paid; the balance has the amount again."),
}


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    if not from_status:
        return CREATED
    if (from_status, to_status) == (FAILED, SUCCEEDED):
        return LATE_SUCCESS
    return f"payout.{to_status}"
