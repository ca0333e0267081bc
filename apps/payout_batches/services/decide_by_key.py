from __future__ import annotations

import hmac
from datetime import datetime

from django.db import transaction

from apps.core.public_ids import decode_id
from apps.merchants.caller import Caller
from apps.merchants.selectors.maker_of import maker_of
from apps.orchestration.models import StatusChange
from apps.payout_batches.rules.refusals import PayoutBatchChanged
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.services.approve_for_merchant import approve_for_merchant
from apps.payout_batches.services.reject_batch import reject_batch


@transaction.atomic
def decide_by_key(
    *,
    target: str,
    is_approved: bool,
    shown_digest: bytes,
    caller: Caller,
    reason: str,
    now: datetime,
) -> None:
    """Approve or reject the batch of the caller's that an approval is about, as it was shown.

    Raises what approve_for_merchant and reject_batch do, and PayoutBatchChanged.
    """
    batch_id = decode_id("pob", target)
    if is_approved:
        approve_for_merchant(batch_id=batch_id, shown_digest=shown_digest, caller=caller, now=now)
        return
    batch = lock_batch(batch_id)
    if batch.digest is not None and not hmac.compare_digest(bytes(batch.digest), shown_digest):
        raise PayoutBatchChanged("Get it, look at it, and send its digest.", field="digest")
    reject_batch(
        batch_id=batch_id,
        rejected_by=maker_of(caller),
        reason=reason,
        source=StatusChange.Source.API,
        now=now,
    )
