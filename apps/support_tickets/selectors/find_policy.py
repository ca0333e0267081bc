from __future__ import annotations

from uuid import UUID

from django.db.models import F, Q

from apps.support_tickets.models import SlaPolicy


def find_policy(*, merchant_id: UUID | None, priority: str) -> SlaPolicy | None:
    """What is promised: a merchant's own, else everybody's; None where nothing is."""
    return (
        SlaPolicy.objects.filter(
            Q(merchant_id=merchant_id) | Q(merchant_id__isnull=True), priority=priority
        )
        .order_by(F("merchant_id").asc(nulls_last=True))
        .first()
    )
