"""Webhooks: what is genuine, and what it says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import cast

from lomi.models import Event

AGE_S_MAX = 300


class WebhookNotGenuine(Exception):
    """Answer 401 and do nothing."""


def read_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> Event:
    """The event in a webhook of ours, less than five minutes old (Standard Webhooks, v1).

    Args:
        secret: whsec_…
        body: the bytes as they came; parsed and written again they are others.

    Raises:
        WebhookNotGenuine: not signed with this secret, or too old.
    """
    named = {name.lower(): value for name, value in headers.items()}
    event_id, sent_at = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    now = time.time() if now is None else now
    if not sent_at.isdecimal() or abs(now - int(sent_at)) > AGE_S_MAX:
        raise WebhookNotGenuine("no timestamp, or not a recent one")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("the secret is not whsec_ and base64") from None
    digest = hmac.new(key, f"{event_id}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(digest)
    given = named.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(wanted, signature.encode()) for signature in given):
        raise WebhookNotGenuine("the signature does not fit")
    return cast(Event, json.loads(body))
