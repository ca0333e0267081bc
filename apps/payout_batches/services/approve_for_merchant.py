from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.approvals.selectors.matching_rules import matching_rules
from apps.merchants.caller import Caller
from apps.merchants.selectors.maker_of import maker_of
from apps.orchestration.models import StatusChange
from apps.payout_batches.models import LineStatus, PayoutBatch
from apps.payout_batches.rules.approvable import START
from apps.payout_batches.rules.refusals import PayoutBatchNeedsStaff
from apps.payout_batches.selectors.lock_batch import lock_batch
from apps.payout_batches.selectors.sum_lines import LineSum, count_lines
from apps.payout_batches.services.approve_batch import approve_batch


@transaction.atomic
def approve_for_merchant(
    *, batch_id: UUID, shown_digest: bytes, caller: Caller, now: datetime
) -> PayoutBatch:
    """Approve a batch of the caller's merchant: see approve_batch. Who holds the key it was made
    or submitted with, or one that came of that by rotation, cannot.

    Raises:
        PayoutBatchNeedsStaff: a rule demands people of the platform; and what approve_batch raises.
    """
    # Locked before the rules are asked: what they judge is what is approved.
    batch = lock_batch(batch_id)
    sums = count_lines(batch_id).get(LineStatus.READY, LineSum())
    shown = {"payout_batch_id": str(batch_id), "amount": sums.total, "currency": batch.currency}
    if any(not rule.keys_may_decide for rule in matching_rules(START, shown)):
        raise PayoutBatchNeedsStaff("A rule demands that people of the platform approve it.")
    return approve_batch(
        batch_id=batch_id,
        shown_digest=shown_digest,
        approved_by=maker_of(caller),
        names=[caller.actor, caller.credential, f"key:{caller.credential}"],
        source=StatusChange.Source.API,
        now=now,
    )
