from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Facts
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.selectors.makers_of_batch import makers_of_batch
from apps.payout_batches.selectors.sum_rails import sum_rails


def batch_facts(payload: Mapping[str, Any]) -> Facts:
    """What "payout_batch.start" tells the rules: the total, its operators, how it came, and
    who made and submitted it, or wrote a line."""
    batch = PayoutBatch.objects.only("source", "created_by", "submitted_by").get(
        pk=UUID(payload["payout_batch_id"])
    )
    how = ApprovalRule.How
    return Facts(
        amount=payload["amount"],
        currency=payload["currency"],
        rails=frozenset(one["operator"] for one in sum_rails(batch.pk)),
        makers=makers_of_batch(batch, submitted_by=batch.submitted_by),
        how=how.API if batch.source == PayoutBatch.Source.API else how.FILE,
    )
