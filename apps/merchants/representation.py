"""An API key, and who is calling, as merchants see them: in answers and events alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.core.json_format import instant_as_json
from apps.core.public_ids import encode_id
from apps.merchants.caller import Caller
from apps.merchants.models import ApiKey, Merchant


def api_key_as_json(api_key: ApiKey, *, now: datetime) -> dict[str, Any]:
    """The public shape, never the key itself. No query, once read with_successor."""
    return {
        "id": api_key.public_id,
        "object": "api_key",
        "livemode": api_key.livemode,
        "kind": str(api_key.kind),
        "status": str(api_key.status(now=now)),
        "label": api_key.label,
        "prefix": api_key.prefix or None,
        "scopes": sorted(api_key.scopes),
        "allowed_addresses": api_key.allowed_addresses,
        "expires_at": instant_as_json(api_key.expires_at),
        "rotate_every_days": api_key.rotate_every_days,
        "rotation_starts_at": instant_as_json(api_key.rotation_starts_at),
        "rotation_ends_at": instant_as_json(api_key.rotation_ends_at),
        "rotated_from": _key_id(api_key.rotated_from_id),
        "successor": _key_id(api_key.successor_id),
        "last_used_at": instant_as_json(api_key.last_used_at),
        "revoked_at": instant_as_json(api_key.revoked_at),
        "created_at": instant_as_json(api_key.created_at),
    }


def caller_as_json(caller: Caller) -> dict[str, Any]:
    return {
        "object": "me",
        "livemode": caller.livemode,
        "mode": "live" if caller.livemode else "test",
        "merchant": _merchant(caller.merchant),
        "credential": {
            "id": caller.credential,
            "kind": caller.kind,
            "scopes": sorted(caller.scopes),
            "expires_at": instant_as_json(caller.expires_at),
        },
    }


def _merchant(merchant: Merchant) -> dict[str, Any]:
    return {
        "id": merchant.public_id,
        "object": "merchant",
        "name": merchant.name,
        "country": merchant.country,
        "currency": merchant.currency,
        "timezone": merchant.timezone,
        "language": merchant.language,
    }


def _key_id(value: Any) -> str | None:
    return encode_id("key", value) if value else None
