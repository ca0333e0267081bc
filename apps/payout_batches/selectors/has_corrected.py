from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from apps.payout_batches.models import LineStatus, PayoutBatch, PayoutBatchLine


def has_corrected(batch: PayoutBatch, names: Collection[str]) -> bool:
    """Whether she who is called so in `correctors` wrote any line that is to be sent, in this batch
    or in the one that it sends again. One query."""
    hers = Q(correctors__has_any_keys=sorted(names))
    # The release before wrote the last one alone, beside the check of the name.
    hers |= Q(name_check__corrected_by__in=names)
    ready = PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.READY)
    return ready.filter(hers).exists()
