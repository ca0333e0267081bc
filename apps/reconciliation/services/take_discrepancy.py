from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from apps.core.public_ids import new_id
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.record_decision import (
    Act,
    Decision,
    lock_open,
    record_decision,
)


@transaction.atomic
def take_discrepancy(
    *,
    discrepancy_id: UUID,
    taken_by: AbstractBaseUser,
    now: datetime,
    sequence: int | None = None,
    decision_id: UUID | None = None,
) -> Discrepancy:
    """Become the owner of an open discrepancy. Can be undone.

    Raises:
        DiscrepancyClosed, DiscrepancyMoved: see resolve_discrepancy.
    """
    decision = Decision(Act.TAKE, f"user:{taken_by.pk}", "", now, decision_id or new_id())
    discrepancy = lock_open(discrepancy_id, sequence=sequence)
    if discrepancy.owner_id != decision.person_id:
        record_decision(discrepancy, decision, {"owner_id": decision.person_id})
    return discrepancy
