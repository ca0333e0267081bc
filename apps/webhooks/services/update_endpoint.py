from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint

# With another of these it wants other events than before.
SUBSCRIPTION = ("event_types", "is_enabled")


@transaction.atomic
def update_endpoint(
    *, endpoint_id: UUID, changes: Mapping[str, Any], actor: str, now: datetime
) -> Endpoint:
    """Change the named fields; what stays as it is changes and announces nothing. Workers follow
    within a second.

    Args:
        changes: values by field: url, event_types, description, metadata, is_enabled. The URL was
            checked by address_guard before.
    """
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
    changed = {name: value for name, value in changes.items() if getattr(endpoint, name) != value}
    if not changed:
        return endpoint
    for name, value in changed.items():
        setattr(endpoint, name, value)
    if any(name in changed for name in SUBSCRIPTION):
        endpoint.subscribed_at = now
    endpoint.save(update_fields=[*changed, "subscribed_at"])
    announce_endpoint(endpoint, change="updated", actor=actor, now=now)
    return endpoint
