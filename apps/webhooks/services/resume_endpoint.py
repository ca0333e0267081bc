from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint
from apps.webhooks.services.begin_new_life import begin_new_life


@transaction.atomic
def resume_endpoint(*, endpoint_id: UUID, actor: str, now: datetime) -> Endpoint:
    """Send a paused endpoint events again, and all that it missed since it began to fail, in order
    and behind what happens now. One that is not paused stays as it is.
    """
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.paused_at is None or endpoint.deleted_at is not None:
        return endpoint
    endpoint.save(update_fields=begin_new_life(endpoint, now=now))
    announce_endpoint(endpoint, change="resumed", actor=actor, now=now)
    return endpoint
