from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.merchants.api_key_format import SHOWN_LENGTH, digest_of, new_key
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.scopes import ALL


def create_api_key(
    *,
    merchant: Merchant,
    livemode: bool,
    label: str = "",
    scopes: Sequence[str] = ALL,
    expires_at: datetime | None = None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key of this merchant; returns it with its text, shown this once."""
    key = new_key(livemode=livemode)
    api_key = ApiKey.objects.create(
        merchant=merchant,
        livemode=livemode,
        label=label,
        prefix=key[:SHOWN_LENGTH],
        digest=digest_of(key),
        scopes=list(scopes),
        expires_at=expires_at,
        created_at=now,
    )
    return api_key, key
