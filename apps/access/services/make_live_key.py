from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.merchants.services.offer_live_key import offer_live_key


def make_live_key(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "api_key.make" does: the key waits for who asked.

    Args:
        payload: api_key_id, which it will have; merchant_id, label, allowed_addresses,
            rotate_every_days.

    Raises what offer_live_key does.
    """
    offer_live_key(
        api_key_id=UUID(payload["api_key_id"]),
        merchant_id=UUID(payload["merchant_id"]),
        label=payload["label"],
        allowed_addresses=payload["allowed_addresses"],
        rotate_every_days=payload["rotate_every_days"],
        asked_by=requested_by,
        approved_by=approved_by,
        now=now,
    )
