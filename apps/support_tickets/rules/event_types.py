"""Under which names merchants are told of their tickets."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType

CREATED = "ticket.created"
ANSWERED = "ticket.answered"
RESOLVED = "ticket.resolved"

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("A ticket of yours was opened, by you or for you."),
    ANSWERED: EventType("Support has answered a ticket of yours."),
    RESOLVED: EventType("Support holds a ticket of yours to be done. An answer opens it again."),
}
