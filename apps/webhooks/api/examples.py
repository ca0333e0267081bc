"""Examples of the documentation."""

from __future__ import annotations

from typing import Any

from apps.webhooks.models import API_VERSION

ENDPOINT: dict[str, Any] = {
    "id": "we_01kamz8h5rf7ztdk1m9a3q6v2w",
    "object": "webhook_endpoint",
    "livemode": False,
    "url": "https://shop.example/hooks",
    "event_types": ["payment.succeeded", "payment.failed"],
    "description": "Orders",
    "metadata": {"team": "orders"},
    "is_enabled": True,
    "paused_at": None,
    "pause_reason": None,
    "failing_since": None,
    "previous_secret_until": None,
    "created_at": "2026-11-22T08:00:00.000Z",
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 (an example)
NEW_ENDPOINT: dict[str, Any] = {
    "url": ENDPOINT["url"],
    "event_types": ENDPOINT["event_types"],
    "description": "Orders",
    "metadata": {"team": "orders"},
}
DELIVERY: dict[str, Any] = {
    "id": "wd_01kamzaq2vfa1r9m4e0c7x5b3d",
    "object": "webhook_delivery",
    "livemode": False,
    "webhook_endpoint": ENDPOINT["id"],
    "event": "evt_01kamzaq2te5bvx8s6d0w3h1kf",
    "type": "payment.succeeded",
    "status": "delivered",
    "tries": 1,
    "next_attempt_at": None,
    "last_status_code": 204,
    "last_error": None,
    "delivered_at": "2026-11-22T08:01:07.310Z",
    "created_at": "2026-11-22T08:01:07.192Z",
}
WAITING: dict[str, Any] = {
    **DELIVERY,
    "status": "pending",
    "tries": 0,
    "next_attempt_at": "2026-11-22T08:05:00.000Z",
    "last_status_code": None,
    "delivered_at": None,
}
TEST: dict[str, Any] = {**WAITING, "type": "webhook_endpoint.test"}
REPLAY: dict[str, Any] = {"object": "webhook_replay", "livemode": False, "count": 2}
EVENT: dict[str, Any] = {
    "id": DELIVERY["event"],
    "object": "event",
    "type": "payment.succeeded",
    "api_version": API_VERSION,
    "created_at": "2026-11-22T08:01:07.190Z",
    "livemode": False,
    "sequence": 2,
    "data": {
        "id": "pay_01kamza0c6f3mtx2b8e9q4s7vh",
        "object": "payment",
        "livemode": False,
        "status": "succeeded",
        "amount": 1500,
        "amount_received": None,
        "amount_refunded": 0,
        "currency": "XAF",
        "fee": 30,
        "country": "CM",
        "method": "mobile_money",
        "operator": "mtn",
        "provider": "mtn_momo",
        "payer": {"phone": "+237 •••••••01"},
        "reference": "order-42",
        "description": "",
        "metadata": {},
        "next_action": None,
        "failure_code": None,
        "return_url": None,
        "cancel_url": None,
        "expires_at": "2026-11-22T08:15:44.000Z",
        "created_at": "2026-11-22T08:00:44.000Z",
        "completed_at": "2026-11-22T08:01:07.190Z",
    },
}
