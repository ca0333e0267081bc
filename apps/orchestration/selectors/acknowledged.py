from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from apps.orchestration.models import Attempt, AttemptStatus, StatusChange

# Statuses that say: the provider has it.
ACKNOWLEDGED = (
    AttemptStatus.PENDING,
    AttemptStatus.REQUIRES_ACTION,
    AttemptStatus.AUTHORIZED,
)


def acknowledged(attempt_ids: Collection[UUID]) -> set[UUID]:
    """Those of these attempts that their provider ever acknowledged. One query."""
    return set(
        StatusChange.objects.filter(
            owner_id__in=Attempt.objects.filter(pk__in=attempt_ids).values("owner_id"),
            attempt_id__in=attempt_ids,
            to_status__in=ACKNOWLEDGED,
        ).values_list("attempt_id", flat=True)
    )
