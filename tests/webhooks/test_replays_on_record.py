"""Who had what sent again stands in the audit trail."""

from __future__ import annotations

import pytest

from apps.audit.models import AuditEntry
from tests.webhooks.shop import WebhookShop

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("act", ["events", "range", "event", "delivery"])
def test_every_way_to_have_it_sent_again_is_on_record(clock, receiver, act):
    shop = WebhookShop()
    made = shop.register(receiver.url)
    event = shop.tell()
    delivery = event.deliveries.get()
    path, body, action, target = {
        "events": (
            f"/{made['id']}/replay",
            {"event_ids": [event.public_id]},
            "webhook_endpoint.replay",
            made["id"],
        ),
        "range": (
            f"/{made['id']}/replay",
            {"created_after": "2026-01-01T00:00:00Z"},
            "webhook_endpoint.replay",
            made["id"],
        ),
        "event": (f"/api/v1/events/{event.public_id}/replay", {}, "event.replay", event.public_id),
        "delivery": (
            f"/{made['id']}/deliveries/{delivery.public_id}/resend",
            {},
            "delivery.resend",
            delivery.public_id,
        ),
    }[act]

    said = shop.post(body, path=path) if path.startswith("/api") else shop.call("POST", path, body)

    assert said.status_code == 202, said.content
    entry = AuditEntry.objects.get(action=action)
    assert entry.target == target
    assert entry.actor.startswith("secret_key:")
