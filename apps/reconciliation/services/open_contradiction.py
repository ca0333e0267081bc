from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.orchestration.models import Attempt
from apps.orchestration.selectors.load_attempts import with_owners
from apps.reconciliation.models import Discrepancy

DETAIL_LENGTH_MAX = 300


@transaction.atomic
def open_contradiction(
    *, attempt_id: UUID, detail: str, contradicted_at: datetime, now: datetime
) -> Discrepancy:
    """Hand a provider's contradiction to a person: one open discrepancy for each attempt.

    Safe to repeat. One that was settled is opened anew by a contradiction in other words, or by
    the same that came after it was settled.
    """
    # Two at once for one attempt wait for each other here.
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    with_owners([attempt])
    detail = detail[:DETAIL_LENGTH_MAX]
    latest = (
        Discrepancy.objects.filter(kind=Discrepancy.Kind.CONTRADICTION, attempt_id=attempt_id)
        .order_by("id")
        .last()
    )
    is_told = latest is not None and latest.detail == detail
    if latest and is_told and (latest.closed_at is None or contradicted_at <= latest.closed_at):
        return latest
    if latest and latest.status == Discrepancy.Status.OPEN:
        latest.detail = detail
        latest.save(update_fields=["detail"])
        return latest
    return Discrepancy.objects.create(
        kind=Discrepancy.Kind.CONTRADICTION,
        provider_account_id=attempt.provider_account_id,
        attempt_id=attempt_id,
        our_amount=attempt.owner.amount,
        currency=attempt.owner.currency,
        detail=detail,
        opened_at=now,
    )
