from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint
from apps.webhooks.services.promise_end import promise_end


@transaction.atomic
def delete_endpoint(*, endpoint_id: UUID, actor: str, now: datetime) -> Endpoint:
    """Send this endpoint nothing more. The row stays, for its deliveries do; those that wait are
    ended soon, however many."""
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.deleted_at is not None:
        return endpoint
    endpoint.deleted_at = now
    endpoint.is_enabled = False
    endpoint.save(update_fields=["deleted_at", "is_enabled"])
    announce_endpoint(endpoint, change="deleted", actor=actor, now=now)
    promise_end(endpoint_id=endpoint_id, now=now)
    return endpoint
