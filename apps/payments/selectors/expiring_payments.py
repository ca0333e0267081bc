from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from apps.orchestration.models import Attempt, AttemptStatus
from apps.payments.models import PaymentState

LIMIT = 500


def expiring_payments(
    *, now: datetime, after: tuple[datetime, UUID] | None = None
) -> list[tuple[datetime, UUID]]:
    """Payments still waiting for their payer after their time, as (expires_at, id), oldest first,
    at most 500 of those that come `after`.

    Not those whose instruction may be in flight: of these we do not know.
    """
    in_flight = Attempt.objects.filter(
        owner_id=OuterRef("payment_id"), status__in=[AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN]
    )
    waiting = PaymentState.objects.filter(expires_at__lte=now)
    if after is not None:
        expires_at, payment_id = after
        waiting = waiting.filter(
            Q(expires_at__gt=expires_at) | Q(expires_at=expires_at, payment_id__gt=payment_id)
        )
    due = waiting.exclude(Exists(in_flight)).order_by("expires_at", "payment_id")[:LIMIT]
    return [(row.expires_at, row.payment_id) for row in due if row.expires_at is not None]
