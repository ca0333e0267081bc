"""One API key throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

API_KEY: dict[str, Any] = {
    "id": "key_01kasd9y7nfx58m4vqgh3w2z6t",
    "object": "api_key",
    "livemode": False,
    "kind": "restricted",
    "status": "active",
    "label": "Till of the shop in Akwa",
    "prefix": "lomi_rk_test_8sKq",
    "scopes": ["payments:read", "payments:write"],
    "allowed_addresses": ["203.0.113.0/24"],
    "expires_at": None,
    "rotate_every_days": 90,
    "rotation_starts_at": "2027-02-13T08:00:00.000Z",
    "rotation_ends_at": None,
    "rotated_from": None,
    "successor": None,
    "last_used_at": None,
    "revoked_at": None,
    "created_at": "2026-11-22T08:00:00.000Z",
}
# Not a key: the checksum is wrong, so that scanners stay calm.
SECRET = "lomi_rk_test_8sKq" + "…"
NEW_API_KEY = {**API_KEY, "secret": SECRET}
SUCCESSOR = {
    **NEW_API_KEY,
    "id": "key_01kbvhwn6p3z9d5r2c8m7x4q0t",
    "rotated_from": API_KEY["id"],
}
REVOKED = {
    **API_KEY,
    "status": "revoked",
    "rotation_starts_at": None,
    "revoked_at": "2026-12-01T10:30:00.000Z",
}
NEW_API_KEY_REQUEST = {
    "kind": "restricted",
    "label": API_KEY["label"],
    "scopes": API_KEY["scopes"],
    "allowed_addresses": API_KEY["allowed_addresses"],
    "rotate_every_days": API_KEY["rotate_every_days"],
}
ME = {
    "object": "me",
    "livemode": False,
    "mode": "test",
    "merchant": {
        "id": "mer_01kasd9y7nfx58m4vqgh3w2z6t",
        "object": "merchant",
        "name": "Boutique Wouri",
        "country": "CM",
        "currency": "XAF",
        "timezone": "Africa/Douala",
        "language": "fr",
    },
    "credential": {
        "id": API_KEY["id"],
        "kind": "restricted_key",
        "scopes": API_KEY["scopes"],
        "expires_at": None,
    },
}
