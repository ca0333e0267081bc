from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.outbox import nudge_on_commit
from apps.webhooks.models import Delivery
from apps.webhooks.services.promise import TOPIC


@transaction.atomic
def resend_delivery(*, delivery_id: UUID, now: datetime) -> None:
    """Send an event to its endpoint once more, whatever came of it before, from the first try."""
    Delivery.objects.filter(id=delivery_id).update(
        status=Delivery.Status.PENDING, tries=0, next_attempt_at=now, delivered_at=None
    )
    nudge_on_commit(TOPIC)
