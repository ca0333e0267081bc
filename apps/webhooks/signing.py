"""Standard Webhooks signatures. Source: standardwebhooks.com, specification, "Signature scheme"."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105 (a mark, not a secret)


def new_secret() -> str:
    """whsec_ and 24 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def signature_headers(
    *, secret: str, webhook_id: str, body: bytes, now: datetime, previous_secret: str = ""
) -> dict[str, str]:
    """The three headers: id, seconds since the epoch, and "v1," + base64 HMAC-SHA256.

    With two live secrets there are two signatures, parted by a space; either one is enough.
    """
    timestamp = str(int(now.timestamp()))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    signature = _sign(secret, signed)
    if previous_secret:
        signature += " " + _sign(previous_secret, signed)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
    }


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
