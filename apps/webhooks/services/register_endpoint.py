from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from apps.core.errors import DomainError
from apps.merchants.models import Merchant
from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint
from apps.webhooks.services.create_endpoint import create_endpoint

# Each one costs every event a row and a request.
ENDPOINTS_MAX = 16


class TooManyEndpoints(DomainError):
    code = "too_many_endpoints"
    status = 422
    title = "The merchant has as many webhook endpoints as it may."


@transaction.atomic
def register_endpoint(
    *,
    merchant: Merchant,
    livemode: bool,
    url: str,
    event_types: Sequence[str],
    description: str,
    metadata: Mapping[str, str],
    is_enabled: bool,
    actor: str,
    now: datetime,
) -> tuple[Endpoint, str]:
    """Create an endpoint at a merchant's own request; returns it with its secret, shown this once.

    Args:
        url: checked by address_guard before, for that may take a while.

    Raises:
        TooManyEndpoints: there are 16 in this mode.
    """
    # One at a time, or two could both be the sixteenth. Payments of the merchant do not wait.
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)
    alive = Endpoint.objects.filter(merchant=merchant, livemode=livemode, deleted_at=None)
    if alive.count() >= ENDPOINTS_MAX:
        raise TooManyEndpoints(f"Delete one first: there are {ENDPOINTS_MAX} in this mode.")
    endpoint, secret = create_endpoint(
        merchant=merchant,
        livemode=livemode,
        url=url,
        event_types=event_types,
        description=description,
        metadata=metadata,
        is_enabled=is_enabled,
        now=now,
    )
    announce_endpoint(endpoint, change="created", actor=actor, now=now)
    return endpoint, secret
