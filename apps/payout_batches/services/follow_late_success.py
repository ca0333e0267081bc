from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.payout_batches.models import LineStatus, PayoutBatchLine
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payouts.selectors.read_ends import read_ends


@transaction.atomic
def follow_late_success(payout_id: UUID) -> None:
    """A payout that had failed was sent after all: so was its line. One of no batch is nobody's.
    Safe to repeat."""
    line = PayoutBatchLine.objects.filter(payout_id=payout_id).first()
    if line is None:
        return
    lock_batch(line.batch_id)
    end = read_ends([payout_id]).get(payout_id)
    if end is not None and end.status == LineStatus.SUCCEEDED:
        failed = PayoutBatchLine.objects.filter(pk=line.pk, status=LineStatus.FAILED)
        failed.update(status=LineStatus.SUCCEEDED, failure_code="")
