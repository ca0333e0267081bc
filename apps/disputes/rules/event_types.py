"""Under which names merchants are told of a dispute."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType

OPENED = "dispute.opened"
# A move to where it is: the merchant is reminded, or asked anew in the next stage.
EVIDENCE_DUE = "dispute.evidence_due"

EVENT_TYPES: Mapping[str, EventType] = {
    OPENED: EventType("What a payment collected is disputed: the amount is held."),
    EVIDENCE_DUE: EventType(
        "Evidence is due at evidence_due_at: told 72 and 24 hours before it, and when the card's"
        " scheme takes the dispute to its next stage."
    ),
    "dispute.under_review": EventType(
        "Your evidence was submitted, or its date has passed: it is being decided."
    ),
    "dispute.won": EventType("You keep the money: the amount is in your balance again."),
    "dispute.lost": EventType("The payer got the money: the amount is gone."),
    "dispute.partly_lost": EventType(
        "The payer got amount_lost; the rest is in your balance again."
    ),
    "dispute.withdrawn": EventType(
        "Whoever disputed it does so no longer: the amount is in your balance again."
    ),
}


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    if not from_status:
        return OPENED
    return EVIDENCE_DUE if to_status == "needs_response" else f"dispute.{to_status}"
