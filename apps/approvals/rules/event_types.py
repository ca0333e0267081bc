"""Under which names merchants are told of an approval."""

from __future__ import annotations

from collections.abc import Mapping

from apps.approvals.models import Approval
from apps.core.event_types import EventType

REQUESTED = "approval.requested"

EVENT_TYPES: Mapping[str, EventType] = {
    REQUESTED: EventType("Something waits for another key or person to approve it."),
    "approval.approved": EventType("It was approved by another, and is sent."),
    "approval.rejected": EventType("It was rejected: reason says why, and nothing was sent."),
    "approval.expired": EventType("Nobody decided in time: nothing was sent."),
    "approval.withdrawn": EventType("What it is about was canceled: nothing was sent."),
}


def event_type(status: str) -> str:
    """The name of the event that tells of this status."""
    return REQUESTED if status == Approval.Status.PENDING else f"approval.{status}"
