"""Whether a webhook is Wave's. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from apps.providers.contract import CallbackRejected

# Source: README.md, "Webhooks".
SECONDS_APART_MAX = 300
# While a secret is changed there are two.
SIGNATURES_MAX = 10


def check_signature(
    headers: Mapping[str, str], body: bytes, *, secret: str, received_at: datetime
) -> None:
    """Raises CallbackRejected: Wave-Signature is missing, old, or of another secret or body."""
    time, signatures = "", []
    for part in headers.get("wave-signature", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and not time:
            time = value
        elif name == "v1":
            signatures.append(value)
    if not (time.isascii() and time.isdigit() and len(time) <= 12) or not signatures:
        raise CallbackRejected("no signature to compare")
    if abs(received_at.timestamp() - int(time)) > SECONDS_APART_MAX:
        raise CallbackRejected("the signature is of another time")
    # The time directly followed by the body, nothing between.
    expected = hmac.new(secret.encode(), time.encode() + body, hashlib.sha256).hexdigest()
    if not _is_among(signatures[:SIGNATURES_MAX], expected):
        raise CallbackRejected("the signature is not Wave's")


def check_bearer(headers: Mapping[str, str], *, secret: str) -> None:
    """Raises CallbackRejected. Of Authorization the platform keeps a digest alone."""
    expected = hashlib.sha256(f"Bearer {secret}".encode()).hexdigest()
    if not _is_among([headers.get("authorization", "")], expected):
        raise CallbackRejected("the secret is not the account's")


def _is_among(given: list[str], expected: str) -> bool:
    # Each is compared to its end, whichever it is.
    matches = [hmac.compare_digest(one.encode(), expected.encode()) for one in given]
    return any(matches)
