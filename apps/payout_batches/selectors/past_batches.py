from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.approvals.models import Approval, ApprovalRule
from apps.approvals.rules.facts import MAKER, RAIL, Asked, Facts, PastAct
from apps.approvals.selectors.makers_of import makers_of
from apps.core.public_ids import decode_id, first_id_at
from apps.payout_batches.models import PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.approvable import START
from apps.payout_batches.selectors.makers_of_batch import NOT_SENT, makers_of_batch

# What the merchant had sent or submitted in the hours before: other batches by their totals,
# whatever became payouts of theirs meanwhile, and payouts by API.
BEFORE = """
SELECT (SELECT COALESCE(sum(amount), 0) FROM approvals_approval
         WHERE merchant_id = %(merchant)s AND livemode = %(livemode)s AND currency = %(currency)s
           AND action = %(action)s AND status IN ('approved', 'pending')
           AND id >= %(since)s AND id < %(id)s)
     + (SELECT COALESCE(sum(amount), 0) FROM payouts_payout p
         WHERE merchant_id = %(merchant)s AND livemode = %(livemode)s AND currency = %(currency)s
           AND status NOT IN ('failed', 'canceled') AND id >= %(since)s AND id < %(until)s
           AND NOT EXISTS (SELECT FROM payout_batches_payoutbatchline l WHERE l.payout_id = p.id))
"""


def past_batches(asked: Asked, *, since: datetime, until: datetime, most: int) -> Iterator[PastAct]:
    """The batches that were submitted in that time, newest first, as the rules of
    "payout_batch.start" would have seen them. A few queries for each."""
    approvals = Approval.objects.filter(
        action=START, requested_at__gte=since, requested_at__lt=until
    ).order_by("-id")
    for approval in approvals[:most]:
        batch = PayoutBatch.objects.only("source", "created_by").get(
            pk=decode_id("pob", approval.target)
        )
        how = ApprovalRule.How
        reached = {hours: _sum(approval, hours) for hours in {one.hours for one in asked.sums}}
        yield PastAct(
            batch.pk,
            approval.target,
            approval.requested_at,
            Facts(
                amount=approval.amount,
                currency=approval.currency,
                rails=_rails(batch) if RAIL in asked.names else frozenset(),
                how=how.API if batch.source == PayoutBatch.Source.API else how.FILE,
                makers=_makers(batch, approval) if MAKER in asked.names else frozenset(),
                sums=frozenset(one for one in asked.sums if reached[one.hours] >= one.amount),
            ),
        )


def _rails(batch: PayoutBatch) -> frozenset[str]:
    """Its lines are ready no longer."""
    lines = PayoutBatchLine.objects.filter(batch=batch).exclude(status__in=NOT_SENT)
    return frozenset(lines.values_list("operator", flat=True).distinct())


def _makers(batch: PayoutBatch, approval: Approval) -> frozenset[str]:
    return makers_of(makers_of_batch(batch, submitted_by=approval.requested_by))


def _sum(approval: Approval, hours: int) -> int:
    values: dict[str, Any] = {
        "merchant": approval.merchant_id,
        "livemode": approval.livemode,
        "currency": approval.currency,
        "action": START,
        "id": approval.pk,
        "since": first_id_at(approval.requested_at - timedelta(hours=hours)),
        "until": first_id_at(approval.requested_at),
    }
    with connection.cursor() as cursor:
        cursor.execute(BEFORE, values)
        return int(cursor.fetchone()[0]) + approval.amount
