from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.webhooks.models import Endpoint
from apps.webhooks.services.pause_endpoint import pause_endpoint


@transaction.atomic
def stop_delegated_endpoint(*, endpoint_id: UUID, now: datetime) -> None:
    """Pause an application's endpoint whose consent has ended, and say why. Safe to repeat.

    The merchant may resume it: then it is the merchant's own.
    """
    reason = Endpoint.PauseReason.GRANT_ENDED
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_id)
    if not pause_endpoint(endpoint_id=endpoint_id, life=endpoint.life, reason=reason, now=now):
        # It was paused before, for another reason.
        Endpoint.objects.filter(pk=endpoint_id, deleted_at=None).update(pause_reason=reason)
