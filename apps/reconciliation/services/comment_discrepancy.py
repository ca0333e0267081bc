from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.record_decision import (
    Act,
    Decision,
    read_reason,
    record_decision,
)


@transaction.atomic
def comment_discrepancy(
    *, discrepancy_id: UUID, text: str, written_by: AbstractBaseUser, now: datetime
) -> Discrepancy:
    """Add a comment, which stays, to a discrepancy that is open or closed.

    Raises:
        ReasonMissing: blank, or longer than 300 characters.
    """
    decision = Decision(Act.COMMENT, f"user:{written_by.pk}", read_reason(text), now)
    discrepancy = Discrepancy.objects.select_for_update(no_key=True).get(pk=discrepancy_id)
    record_decision(discrepancy, decision)
    return discrepancy
