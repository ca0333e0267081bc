"""What decides which situation a case is: facts, gathered by selectors.read_case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Webhooks(StrEnum):
    """How the news of this stands with the merchant's own server."""

    # No endpoint was to be told.
    NOT_WANTED = "not_wanted"
    # All of it was taken.
    DELIVERED = "delivered"
    # On its way, at its first try.
    UNDER_WAY = "under_way"
    # Refused or unanswered, tried again or given up.
    FAILING = "failing"
    # The endpoint is paused or switched off.
    STOPPED = "stopped"


class Disputed(StrEnum):
    """How a dispute of a payment stands."""

    NOT = "not"
    # Somebody disputes it now: its amount is held.
    OPEN = "open"
    # All or part of it went back to the payer by a dispute.
    LOST = "lost"


class Complaint(StrEnum):
    """What the customer says, where it changes what the case is."""

    DEBITED = "debited"
    WRONG_NUMBER = "wrong_number"
    WEBHOOK = "webhook"


# The categories of tickets that say one of these.
COMPLAINTS = {
    "debited_not_confirmed": Complaint.DEBITED,
    "failed_and_debited": Complaint.DEBITED,
    "wrong_number": Complaint.WRONG_NUMBER,
    "webhook_not_received": Complaint.WEBHOOK,
}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """One payment, refund or payout with all its attempts.

    Attributes:
        owner_type: "payment", "refund" or "payout".
        approval: how the payer agrees at the last attempt's rail: "approve_on_phone", "redirect"
            or "".
        was_sent: a provider has, or may have, one of its attempts.
        is_open: one that was sent has not ended.
        needs_person: an attempt waits for the decision of two people.
        is_contradicted: the provider, its statement or a discrepancy says otherwise than we do.
        is_paid_twice: the same payer paid the same merchant the same once more within a day, and
            has neither of it back.
    """

    owner_type: str
    status: str
    failure_code: str = ""
    approval: str = ""
    was_sent: bool = False
    is_open: bool = False
    needs_person: bool = False
    is_contradicted: bool = False
    is_paid_twice: bool = False
    disputed: Disputed = Disputed.NOT
    webhooks: Webhooks = Webhooks.NOT_WANTED
    complaint: Complaint | None = None
    # Of a payment: its latest refund.
    refund: CaseFacts | None = None
