from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.public_ids import new_id
from apps.core.work.outbox import enqueue
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.match_lines import ASK_TOPIC
from apps.reconciliation.services.record_decision import (
    Act,
    Decision,
    lock_open,
    read_reason,
    record_decision,
)


class NothingToAsk(DomainError):
    code = "nothing_to_ask"
    status = 409
    title = "There is no attempt of ours that the provider could be asked about."


@transaction.atomic
def ask_about(
    *,
    discrepancy_id: UUID,
    reason: str,
    decided_by: AbstractBaseUser,
    now: datetime,
    sequence: int | None = None,
    decision_id: UUID | None = None,
) -> Discrepancy:
    """Promise to ask the provider about a discrepancy's attempt, by the engine's one door; what it
    answers is compared again (`ask_provider`).

    Raises:
        ReasonMissing, DiscrepancyClosed, DiscrepancyMoved: see resolve_discrepancy.
        NothingToAsk: the discrepancy has no attempt.
    """
    decision = Decision(
        Act.ASK, f"user:{decided_by.pk}", read_reason(reason), now, decision_id or new_id()
    )
    discrepancy = lock_open(discrepancy_id, sequence=sequence)
    if discrepancy.attempt_id is None:
        raise NothingToAsk(_("There is no attempt of ours that the provider could be asked about."))
    enqueue(
        ASK_TOPIC,
        now=now,
        attempt_id=str(discrepancy.attempt_id),
        discrepancy_id=str(discrepancy.pk),
    )
    record_decision(discrepancy, decision)
    return discrepancy
