from __future__ import annotations

from collections.abc import Mapping
from typing import Any
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


def lock_asked_batch(payload: Mapping[str, Any]) -> None:
    """The batch of a request "payout_batch.start", before the request itself is locked."""
    batches = PayoutBatch.objects.select_for_update(no_key=True)
    list(batches.filter(pk=UUID(payload["payout_batch_id"])).values_list("pk"))
