from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.payout_batches.models import LineStatus, PayoutBatchLine
from apps.payout_batches.selectors.find_line import find_line
from apps.payout_batches.selectors.lock_draft import lock_draft
from apps.payout_batches.services.note_duplicates import note_duplicates


@transaction.atomic
def drop_line(
    *, batch_id: UUID, number: int, actor: str, now: datetime, is_dropped: bool = True
) -> PayoutBatchLine:
    """Leave a line out of the batch, or, with `is_dropped` False, take it back: it is then what it
    was. Safe to repeat.

    Raises BatchNotFound, BatchNotDraft, LineNotFound.
    """
    batch = lock_draft(batch_id)
    line = find_line(batch, number)
    if (line.status == LineStatus.DROPPED) == is_dropped:
        return line
    if is_dropped:
        line.status = LineStatus.DROPPED
    else:
        line.status = LineStatus.INVALID if line.problems else LineStatus.READY
    line.warnings = []
    line.save(update_fields=["status", "warnings"])
    if line.payee_msisdn_index is not None:
        note_duplicates(
            batch,
            now=now,
            payees={bytes(line.payee_msisdn_index)},
            references={line.merchant_reference},
        )
    record(
        actor=actor,
        action="payout_batch.drop_line" if is_dropped else "payout_batch.restore_line",
        target=batch.public_id,
        detail={"line": number},
        now=now,
    )
    line.refresh_from_db(fields=["warnings"])
    return line
