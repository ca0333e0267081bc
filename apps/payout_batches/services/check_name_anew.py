from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.payout_batches.models import NameCheck, NameResult, PayoutBatchLine
from apps.payout_batches.rules.may_confirm import PayeeNotDifferent
from apps.payout_batches.selectors.find_line import find_line
from apps.payout_batches.selectors.lock_draft import lock_draft
from apps.payout_batches.services.open_name_checks import open_name_checks


@transaction.atomic
def check_name_anew(*, batch_id: UUID, number: int, actor: str, now: datetime) -> PayoutBatchLine:
    """Have the rail asked again whose wallet a line of a draft pays, where it named another person
    and nobody confirmed it: its answer of then may be erased.

    Args:
        actor: as the audit trail names her.

    Raises BatchNotFound, BatchNotDraft, LineNotFound, PayeeNotDifferent.
    """
    batch = lock_draft(batch_id)
    line = find_line(batch, number)
    check = NameCheck.objects.select_for_update().filter(pk=line.pk).first()
    if check is None or check.result != NameResult.DIFFERENT or check.is_confirmed:
        raise PayeeNotDifferent("Look at its name_check.")
    open_name_checks(batch, line_ids=[line.pk], corrected_by=check.corrected_by, now=now)
    record(
        actor=actor,
        action="payout_batch.check_name_anew",
        target=batch.public_id,
        detail={"line": number},
        now=now,
    )
    return line
