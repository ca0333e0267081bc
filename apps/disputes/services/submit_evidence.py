from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.disputes.models import Dispute, DisputeStatus, EvidenceFile, EvidenceText
from apps.disputes.rules.evidence import ANSWERS
from apps.disputes.rules.refusals import refuse_unless_answerable
from apps.disputes.selectors.lock_dispute import lock_dispute
from apps.disputes.transitions import MOVED_FIELDS, move


class EvidenceMissing(DomainError):
    code = "evidence_missing"
    status = 422
    title = "There is no evidence to submit."


@transaction.atomic
def submit_evidence(*, dispute_id: UUID, source: str, now: datetime) -> Dispute:
    """The merchant's answer is whole: whoever decides has it from now on.

    Raises:
        DisputeClosed, EvidenceSubmitted, EvidenceTooLate, EvidenceMissing: it is as it was.
    """
    dispute = lock_dispute(dispute_id)
    refuse_unless_answerable(dispute, now=now)
    if not (
        EvidenceText.objects.filter(dispute=dispute, kind__in=ANSWERS).exists()
        or EvidenceFile.objects.filter(dispute=dispute).exists()
    ):
        raise EvidenceMissing("Send a text or a file first, or accept the dispute.")
    dispute.responded_at = now
    moved = move(dispute, DisputeStatus.UNDER_REVIEW, source=source, now=now)
    bulk_write(moved.rows, {dispute: (*MOVED_FIELDS, "responded_at")})
    return dispute
