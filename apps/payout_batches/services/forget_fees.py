from __future__ import annotations

from apps.core.postgresql.long_statements import long_statements
from apps.payout_batches.models import LineStatus, PayoutBatch, PayoutBatchLine


def forget_fees(batch: PayoutBatch) -> None:
    """A batch that is a draft again costs nothing: its plan may be another when it is submitted.
    The batch is locked."""
    ready = PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.READY)
    with long_statements():
        ready.exclude(fee=0, fee_tax=0).update(fee=0, fee_tax=0, fee_line_id=None)
