from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.payments.models import Attempt
from apps.reconciliation.models import Discrepancy

DETAIL_LENGTH_MAX = 300


@transaction.atomic
def open_contradiction(*, attempt_id: UUID, detail: str, now: datetime) -> Discrepancy:
    """Hand a provider's contradiction to a person: one open discrepancy for each attempt.

    Safe to repeat. One that was settled is opened anew only by a contradiction in other words.
    """
    # Two at once for one attempt wait for each other here.
    attempt = (
        Attempt.objects.select_related("payment")
        .select_for_update(of=["self"], no_key=True)
        .get(pk=attempt_id)
    )
    detail = detail[:DETAIL_LENGTH_MAX]
    latest = (
        Discrepancy.objects.filter(kind=Discrepancy.Kind.CONTRADICTION, attempt_id=attempt_id)
        .order_by("id")
        .last()
    )
    if latest and latest.detail == detail:
        return latest
    if latest and latest.status == Discrepancy.Status.OPEN:
        latest.detail = detail
        latest.save(update_fields=["detail"])
        return latest
    return Discrepancy.objects.create(
        kind=Discrepancy.Kind.CONTRADICTION,
        provider_account_id=attempt.provider_account_id,
        attempt_id=attempt_id,
        our_amount=attempt.payment.amount,
        currency=attempt.payment.currency,
        detail=detail,
        opened_at=now,
    )
