"""Examples of the documentation."""

from __future__ import annotations

from apps.webhooks.representation import WebhookDeliveryOutput, WebhookEndpointOutput

NEW_ENDPOINT = {
    name: WebhookEndpointOutput.example()[name]
    for name in ("url", "event_types", "description", "metadata")
}
WAITING = WebhookDeliveryOutput.example(
    status="pending",
    tries=0,
    next_attempt_at="2026-11-22T08:05:00.000Z",
    last_status_code=None,
    delivered_at=None,
)
