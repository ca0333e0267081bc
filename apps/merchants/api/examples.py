"""One API key throughout its life, for the documentation."""

from __future__ import annotations

from apps.merchants.representation import ApiKeyOutput, ApiKeyWithSecretOutput

API_KEY = ApiKeyOutput.example()
SUCCESSOR = ApiKeyWithSecretOutput.example(
    id="key_01kbvhwn6p3z9d5r2c8m7x4q0t", rotated_from=API_KEY["id"]
)
REVOKED = ApiKeyOutput.example(
    status="revoked", rotation_starts_at=None, revoked_at="2026-12-01T10:30:00.000Z"
)
NEW_API_KEY_REQUEST = {
    name: API_KEY[name]
    for name in ("kind", "label", "scopes", "allowed_addresses", "rotate_every_days")
}
