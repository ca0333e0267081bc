from __future__ import annotations

from apps.payout_batches.models import LineStatus, NameCheck, PayoutBatch, PayoutBatchLine

# Of a batch that was submitted all the others are to be sent, or were.
NOT_SENT = (LineStatus.INVALID, LineStatus.DROPPED)


def makers_of_batch(batch: PayoutBatch, *, submitted_by: str) -> frozenset[str]:
    """Who made what a batch sends, "user:<id>" or "key:<id>": who made and submitted it, and who
    wrote a line, in it or in the one that it sends again. Two queries."""
    lines = PayoutBatchLine.objects.filter(batch=batch).exclude(status__in=NOT_SENT)
    correctors = lines.exclude(correctors=[]).values_list("correctors", flat=True).distinct()
    # The release before wrote the last one alone, beside the check of the name.
    checks = NameCheck.objects.filter(line__in=lines).exclude(corrected_by="")
    last = checks.values_list("corrected_by", flat=True).distinct()
    return frozenset({batch.created_by, submitted_by, *last}.union(*correctors))
