"""Under which names merchants are told of a batch of payouts."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType

CREATED = "payout_batch.created"
# A move to where it is: another tenth of it has ended.
PROGRESSED = "payout_batch.progressed"
REJECTED = "payout_batch.rejected"
RESUMED = "payout_batch.resumed"

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("A batch of payouts was created; its lines are being checked."),
    "payout_batch.draft": EventType(
        "Every line was checked, and may be corrected or dropped before it is submitted."
    ),
    "payout_batch.needs_approval": EventType(
        "It was submitted: its total is held, and another person or key has 24 hours to approve it."
    ),
    REJECTED: EventType(
        "It was not approved, or not in time: a draft again, and the balance has its total."
    ),
    "payout_batch.scheduled": EventType("It was approved, and is sent at scheduled_at."),
    "payout_batch.running": EventType("It was approved and started: its payouts are being sent."),
    PROGRESSED: EventType("Another tenth of its payouts has ended; lines says how."),
    "payout_batch.paused": EventType("Nothing more of it is sent until it is resumed."),
    RESUMED: EventType("It was resumed: the rest of its payouts is being sent."),
    "payout_batch.completed": EventType("Every payout of it has ended; lines says how."),
    "payout_batch.canceling": EventType(
        "It was canceled: what was not sent is in your balance again; some payouts have not ended."
    ),
    "payout_batch.canceled": EventType("It was canceled, and every payout of it has ended."),
}


def event_type(from_status: str, to_status: str) -> str:
    """The name of the event that tells of this move; `from_status` is "" at birth."""
    if not from_status:
        return CREATED
    if from_status == to_status:
        return PROGRESSED
    if (from_status, to_status) == ("needs_approval", "draft"):
        return REJECTED
    if (from_status, to_status) == ("paused", "running"):
        return RESUMED
    return f"payout_batch.{to_status}"
