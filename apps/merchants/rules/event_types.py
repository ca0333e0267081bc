"""Under which names merchants are told of their API keys."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType

CREATED = "api_key.created"
UPDATED = "api_key.updated"
# The object is the key that is to end.
ROTATION_STARTED = "api_key.rotation_started"
ROTATED = "api_key.rotated"
EXPIRING = "api_key.expiring"
EXPIRED = "api_key.expired"
REVOKED = "api_key.revoked"

EVENT_TYPES: Mapping[str, EventType] = {
    CREATED: EventType("An API key was made."),
    UPDATED: EventType("An API key was changed."),
    ROTATION_STARTED: EventType("A successor of an API key waits to be collected."),
    ROTATED: EventType("A new API key takes the place of one that ends soon."),
    EXPIRING: EventType("An API key ends soon."),
    EXPIRED: EventType("An API key has ended."),
    REVOKED: EventType("An API key was revoked."),
}
