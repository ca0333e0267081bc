from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.day_reports.models import ReportSubscription
from apps.day_reports.rules.refusals import SubscriptionChanged


@transaction.atomic
def end_subscription(*, subscription_id: UUID, reason: str, actor: str, now: datetime) -> None:
    """Nothing is sent by it any more, what waits neither. One person may: to begin takes two.

    Raises:
        SubscriptionChanged: it does not hold.
    """
    ended = ReportSubscription.objects.filter(
        pk=subscription_id, number__isnull=False, ended_at=None
    ).update(ended_at=now, ended_by=actor)
    if not ended:
        raise SubscriptionChanged
    subscription = ReportSubscription.objects.get(pk=subscription_id)
    record(
        actor=actor,
        action="report_subscription.ended",
        target=subscription.public_id,
        detail={"reason": reason},
        now=now,
    )
