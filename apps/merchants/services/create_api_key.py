from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.merchants.api_key_format import SHOWN_LENGTH, digest_of, new_key
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.rotation_schedule import LAST_WARNING, rotation_start
from apps.merchants.scopes import SECRET_KEY


def create_api_key(
    *,
    merchant: Merchant,
    livemode: bool,
    kind: ApiKey.Kind = ApiKey.Kind.SECRET,
    label: str = "",
    scopes: Sequence[str] = SECRET_KEY,
    allowed_addresses: Sequence[str] = (),
    expires_at: datetime | None = None,
    rotate_every_days: int | None = None,
    rotated_from: ApiKey | None = None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key of this merchant; returns it with its text, shown this once.

    Args:
        kind: a secret key that a merchant asks for has scopes.SECRET_KEY; of a restricted key each
            scope is named.
        allowed_addresses: networks in CIDR notation; none means from everywhere.
    """
    key = new_key(kind=kind, livemode=livemode)
    # Who sets an end so near needs no warning of it.
    is_told = expires_at is not None and expires_at <= now + LAST_WARNING
    api_key = ApiKey.objects.create(
        merchant=merchant,
        livemode=livemode,
        kind=kind,
        label=label,
        prefix=key[:SHOWN_LENGTH],
        digest=digest_of(key),
        scopes=list(scopes),
        allowed_addresses=list(allowed_addresses),
        expires_at=expires_at,
        expiry_told_at=now if is_told else None,
        rotate_every_days=rotate_every_days,
        rotation_starts_at=rotation_start(rotate_every_days, issued_at=now, expires_at=expires_at),
        rotated_from=rotated_from,
        created_at=now,
    )
    return api_key, key
