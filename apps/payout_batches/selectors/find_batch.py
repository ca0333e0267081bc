from __future__ import annotations

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.payout_batches.models import PayoutBatch


class BatchNotFound(DomainError):
    code = "payout_batch_not_found"
    status = 404
    title = "There is no such batch."


def find_batch(public_id: str, *, caller: Caller) -> PayoutBatch:
    """The caller's batch; another's is not found, like one that never was. One query."""
    return find_own(
        PayoutBatch.objects.all(), public_id, prefix="pob", caller=caller, not_found=BatchNotFound
    )
