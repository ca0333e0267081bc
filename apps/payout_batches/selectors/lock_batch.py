from __future__ import annotations

from uuid import UUID

from apps.payout_batches.models import PayoutBatch


def lock_batch(batch_id: UUID) -> PayoutBatch:
    """A batch with its merchant, locked until the transaction ends. Whoever changes it or a line of
    it locks it first: so a line never changes while the batch is submitted, sent or canceled.

    Raises:
        PayoutBatch.DoesNotExist: there is none.
    """
    return (
        PayoutBatch.objects.select_related("merchant")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=batch_id)
    )
