from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.work.outbox import enqueue
from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint
from apps.webhooks.services.begin_new_life import begin_new_life
from apps.webhooks.services.hold_deliveries import TOPIC as HOLD_TOPIC
from apps.webhooks.services.promise_end import promise_end

# With another of these it wants other events than before.
SUBSCRIPTION = ("event_types", "is_enabled")


@transaction.atomic
def update_endpoint(
    *, endpoint_id: UUID, changes: Mapping[str, Any], actor: str, now: datetime
) -> Endpoint:
    """Change the named fields; what stays as it is changes and announces nothing. Workers follow
    within a second.

    A new address begins a new life: its failures are not counted on, and it is not paused. So does
    one that is enabled again, though what we paused stays paused. What waits is sent to it from the
    first try; of types that it does not want any more, it is ended.

    Args:
        changes: values by field: url, event_types, description, metadata, is_enabled. The URL was
            checked by address_guard before.
    """
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    changed = {name: value for name, value in changes.items() if getattr(endpoint, name) != value}
    if not changed:
        return endpoint
    for name, value in changed.items():
        setattr(endpoint, name, value)
    if any(name in changed for name in SUBSCRIPTION):
        endpoint.subscribed_at = now
    fields = [*changed, "subscribed_at"]
    if "url" in changed or (changed.get("is_enabled") and endpoint.paused_at is None):
        fields += begin_new_life(endpoint, now=now)
    if changed.get("is_enabled") is False:
        enqueue(HOLD_TOPIC, now=now, endpoint_id=str(endpoint_id))
    endpoint.save(update_fields=fields)
    announce_endpoint(endpoint, change="updated", actor=actor, now=now)
    if "event_types" in changed:
        promise_end(endpoint_id=endpoint_id, now=now)
    return endpoint
