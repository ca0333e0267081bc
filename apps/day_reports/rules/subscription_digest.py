from __future__ import annotations

import hashlib
import json

from apps.day_reports.models import ReportSubscription

TOLD = (
    "root_id", "name", "provider_account_id", "merchant_id", "livemode", "formats", "hour",
    "language", "first_day", "emails", "host", "port", "username", "host_keys", "folder",
    "our_public_key",
)  # fmt: skip


def subscription_digest(draft: ReportSubscription) -> str:
    """The SHA-256 of all that two people agree on, credentials included, as hexadecimal digits."""
    told = [str(draft.pk), *(getattr(draft, name) for name in TOLD)]
    credentials = hashlib.sha256(bytes(draft.credentials_encrypted or b"")).hexdigest()
    return hashlib.sha256(json.dumps([*told, credentials], default=str).encode()).hexdigest()
