"""Under which names merchants are told of their webhook endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventType

# Sent to one endpoint, on request, to see whether it listens.
TEST = "webhook_endpoint.test"
# Tells of deliveries that were given up; one of its own given up is not told.
DELIVERIES_FAILED = "webhook_endpoint.deliveries_failed"

EVENT_TYPES: Mapping[str, EventType] = {
    "webhook_endpoint.created": EventType("A webhook endpoint was registered.", is_on_request=True),
    "webhook_endpoint.updated": EventType("A webhook endpoint was changed.", is_on_request=True),
    "webhook_endpoint.secret_rotated": EventType(
        "A webhook endpoint has a new signing secret.", is_on_request=True
    ),
    "webhook_endpoint.paused": EventType(
        "A webhook endpoint failed for days, or is gone: it is paused."
    ),
    "webhook_endpoint.resumed": EventType(
        "A paused webhook endpoint is sent events again.", is_on_request=True
    ),
    DELIVERIES_FAILED: EventType(
        "Deliveries to a webhook endpoint were given up: deliveries_failed says how many,"
        " failed_from what to replay."
    ),
    "webhook_endpoint.deleted": EventType("A webhook endpoint was deleted.", is_on_request=True),
    TEST: EventType(
        "A test, sent on request to one endpoint whatever it subscribes to.", is_on_request=True
    ),
}
