from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.work.outbox import enqueue
from apps.merchants.services.email_merchant import email_merchant
from apps.webhooks.models import Endpoint
from apps.webhooks.services.announce_endpoint import announce_endpoint
from apps.webhooks.services.hold_deliveries import TOPIC as HOLD_TOPIC

logger = logging.getLogger(__name__)


@transaction.atomic
def pause_endpoint(
    *, endpoint_id: UUID, life: int, reason: Endpoint.PauseReason, now: datetime
) -> bool:
    """Send an endpoint nothing until somebody resumes it, and tell its merchant, by e-mail and
    by an event. What it misses waits for it. False if there was nothing to pause.

    Args:
        life: in which it gave the reason; in another it is not paused for it.
    """
    paused = Endpoint.objects.filter(
        pk=endpoint_id, life=life, paused_at=None, deleted_at=None
    ).update(paused_at=now, pause_reason=reason)
    if not paused:
        return False
    enqueue(HOLD_TOPIC, now=now, endpoint_id=str(endpoint_id))
    endpoint = Endpoint.objects.get(pk=endpoint_id)
    email_merchant(
        merchant_id=endpoint.merchant_id,
        template="webhook_endpoint_paused",
        context={
            "url": endpoint.url,
            "webhook_endpoint": endpoint.public_id,
            "reason": reason.value,
            "since": endpoint.failing_since.isoformat() if endpoint.failing_since else "",
        },
        now=now,
    )
    announce_endpoint(endpoint, change="paused", actor="system", now=now)
    logger.warning(
        "webhook endpoint paused", extra={"endpoint_id": str(endpoint_id), "reason": reason.value}
    )
    return True
