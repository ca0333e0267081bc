"""A webhook endpoint and its deliveries as merchants see them. An event is its frozen body."""

from __future__ import annotations

from typing import Any

from apps.core.json_format import instant_as_json
from apps.core.public_ids import encode_id
from apps.webhooks.models import Delivery, Endpoint


def endpoint_as_json(endpoint: Endpoint) -> dict[str, Any]:
    """The public shape, without any secret. No query: everything is in the row."""
    return {
        "id": endpoint.public_id,
        "object": "webhook_endpoint",
        "livemode": endpoint.livemode,
        "url": endpoint.url,
        "event_types": endpoint.event_types,
        "description": endpoint.description,
        "metadata": endpoint.metadata,
        "is_enabled": endpoint.is_enabled,
        "paused_at": instant_as_json(endpoint.paused_at),
        "pause_reason": endpoint.pause_reason or None,
        "failing_since": instant_as_json(endpoint.failing_since),
        "previous_secret_until": instant_as_json(endpoint.previous_secret_until),
        "created_at": instant_as_json(endpoint.created_at),
    }


def delivery_as_json(delivery: Delivery) -> dict[str, Any]:
    """The public shape; reads the delivery's `event` (its type) and `endpoint` (its mode)."""
    return {
        "id": delivery.public_id,
        "object": "webhook_delivery",
        "livemode": delivery.endpoint.livemode,
        "webhook_endpoint": encode_id("we", delivery.endpoint_id),
        "event": encode_id("evt", delivery.event_id),
        "type": delivery.event.type,
        "status": delivery.status,
        "tries": delivery.tries,
        "next_attempt_at": instant_as_json(delivery.next_attempt_at),
        "last_status_code": delivery.last_status_code,
        "last_error": delivery.last_error or None,
        "delivered_at": instant_as_json(delivery.delivered_at),
        "created_at": instant_as_json(delivery.created_at),
    }
