from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.merchants.caller import Caller
from apps.orchestration.models import StatusChange
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.selectors.maker_of import maker_of
from apps.payout_batches.services.approve_batch import approve_batch


def approve_for_merchant(
    *, batch_id: UUID, shown_digest: bytes, caller: Caller, now: datetime
) -> PayoutBatch:
    """Approve a batch of the caller's merchant: see approve_batch. Who holds the key it was made
    or submitted with, or one that came of that by rotation, cannot."""
    return approve_batch(
        batch_id=batch_id,
        shown_digest=shown_digest,
        approved_by=maker_of(caller),
        names=[caller.actor, caller.credential, f"key:{caller.credential}"],
        source=StatusChange.Source.API,
        now=now,
    )
