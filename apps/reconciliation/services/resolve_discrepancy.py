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
    closing,
    lock_open,
    read_reason,
    record_decision,
)


@transaction.atomic
def resolve_discrepancy(
    *,
    discrepancy_id: UUID,
    reason: str,
    resolved_by: AbstractBaseUser,
    now: datetime,
    sequence: int | None = None,
    decision_id: UUID | None = None,
) -> Discrepancy:
    """Close a discrepancy by a person's decision, who becomes its owner. Moves no money, and can be
    undone.

    Args:
        sequence: of the discrepancy as it was shown; None: not looked at.
        decision_id: one for all that is decided at once.

    Raises:
        ReasonMissing: blank, or longer than 300 characters.
        DiscrepancyClosed: repaired or resolved before.
        DiscrepancyMoved: it is not what was shown.
    """
    decision = Decision(
        Act.RESOLVE, f"user:{resolved_by.pk}", read_reason(reason), now, decision_id or new_id()
    )
    discrepancy = lock_open(discrepancy_id, sequence=sequence)
    record_decision(discrepancy, decision, closing(Discrepancy.Status.RESOLVED, decision))
    return discrepancy
