from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.payments.models import Attempt
from apps.reconciliation.models import Discrepancy

DETAIL_LENGTH_MAX = 300


@transaction.atomic
def open_contradiction(*, attempt_id: UUID, detail: str, now: datetime) -> Discrepancy:
    """Hand a provider's contradiction to a person: one discrepancy for each attempt.

    Safe to repeat. A contradiction in other words opens a settled one again.
    """
    attempt = Attempt.objects.select_related("payment").get(pk=attempt_id)
    detail = detail[:DETAIL_LENGTH_MAX]
    discrepancy, created = Discrepancy.objects.select_for_update().get_or_create(
        kind=Discrepancy.Kind.CONTRADICTION,
        statement=None,
        line=None,
        attempt_id=attempt_id,
        defaults={
            "provider_account_id": attempt.provider_account_id,
            "our_amount": attempt.payment.amount,
            "currency": attempt.payment.currency,
            "detail": detail,
            "opened_at": now,
        },
    )
    if not created and discrepancy.detail != detail:
        discrepancy.detail = detail
        discrepancy.status = Discrepancy.Status.OPEN
        discrepancy.closed_at = None
        discrepancy.save(update_fields=["detail", "status", "closed_at"])
    return discrepancy
