from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from apps.core.public_ids import new_id
from apps.merchants.models import Merchant
from apps.vault.encryption import encrypt
from apps.webhooks.models import Endpoint
from apps.webhooks.services.deliver_webhook import SECRET_CONTEXT
from apps.webhooks.signing import new_secret


def create_endpoint(
    *,
    merchant: Merchant,
    livemode: bool,
    url: str,
    event_types: Sequence[str] = (),
    description: str = "",
    metadata: Mapping[str, str] | None = None,
    is_enabled: bool = True,
    now: datetime,
) -> tuple[Endpoint, str]:
    """Register a URL for events; returns it with its signing secret, shown this once."""
    secret = new_secret()
    endpoint_id = new_id()
    endpoint = Endpoint.objects.create(
        id=endpoint_id,
        merchant=merchant,
        livemode=livemode,
        url=url,
        secret_encrypted=encrypt(secret, context=SECRET_CONTEXT, row_id=endpoint_id),
        event_types=list(event_types),
        description=description,
        metadata=dict(metadata or {}),
        is_enabled=is_enabled,
        created_at=now,
    )
    return endpoint, secret
