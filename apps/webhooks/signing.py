"""Standard Webhooks signatures. Source: standardwebhooks.com, specification, "Signature scheme"."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105 (a mark, not a secret)


def new_secret() -> str:
    """whsec_ and 24 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def signature_headers(
    *, secret: str, webhook_id: str, body: bytes, now: datetime
) -> dict[str, str]:
    """The three headers: id, seconds since the epoch, and "v1," + base64 HMAC-SHA256."""
    timestamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
