from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from apps.payments.models import Attempt, AttemptStatus, Payment, PaymentStatus

LIMIT = 500


def expiring_payments(*, now: datetime) -> list[UUID]:
    """Payments still waiting for their payer after their time, oldest first, at most 500.

    Not those whose instruction may be in flight: of these we do not know.
    """
    in_flight = Attempt.objects.filter(
        payment=OuterRef("pk"), status__in=[AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN]
    )
    waiting = Payment.objects.filter(
        expires_at__lte=now,
        status__in=[PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION],
    )
    return list(
        waiting.exclude(Exists(in_flight))
        .order_by("expires_at")
        .values_list("pk", flat=True)[:LIMIT]
    )
