from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.disputes.models import Dispute, DisputeStatus, Stage
from apps.disputes.rules.due_dates import evidence_due_at, next_due_at
from apps.disputes.rules.refusals import refuse_unless_open
from apps.disputes.selectors.lock_dispute import lock_dispute
from apps.disputes.transitions import MOVED_FIELDS, move

ORDER = (Stage.INQUIRY, Stage.CHARGEBACK, Stage.PRE_ARBITRATION, Stage.ARBITRATION)


class StageNotLater(DomainError):
    code = "dispute_stage_not_later"
    status = 409
    title = "A dispute goes to a later stage, of cards alone."
    staff_words = _("A dispute goes to a later stage, and only one of a card.")


@transaction.atomic
def escalate_dispute(
    *, dispute_id: UUID, stage: str, due_at: datetime | None, source: str, now: datetime
) -> Dispute:
    """The card's scheme takes an open dispute to a later stage: the merchant answers anew, and what
    it sent before stays.

    Args:
        due_at: the date the scheme has set; None for ours.

    Raises:
        DisputeClosed, StageNotLater, EvidenceDateImplausible: it is as it was.
    """
    dispute = lock_dispute(dispute_id)
    refuse_unless_open(dispute)
    if dispute.stage not in ORDER or stage not in ORDER[ORDER.index(Stage(dispute.stage)) + 1 :]:
        raise StageNotLater(f"It is in the stage {dispute.stage}.", field="stage")
    dispute.stage = stage
    dispute.evidence_due_at = evidence_due_at(stage, named=due_at, now=now)
    dispute.responded_at = None
    dispute.due_at = next_due_at(dispute.evidence_due_at, now=now)
    moved = move(dispute, DisputeStatus.NEEDS_RESPONSE, source=source, now=now, detail=stage)
    changed = ("stage", "evidence_due_at", "responded_at")
    bulk_write(moved.rows, {dispute: (*MOVED_FIELDS, *changed)})
    return dispute
