from __future__ import annotations

from django.db import connection

from apps.payout_batches.models import LineStatus, PayoutBatch, PayoutBatchLine
from apps.payouts.selectors.read_ends import read_ends

END = """
UPDATE payout_batches_payoutbatchline l SET status = e.status, failure_code = e.failure_code
  FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS e (payout_id, status, failure_code)
 WHERE l.payout_id = e.payout_id AND l.status = 'sent'
"""


def follow_ends(batch: PayoutBatch) -> int:
    """Lines end as their payouts did; returns how many of them. The batch is locked."""
    under_way = PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.SENT)
    payout_ids = under_way.values_list("payout_id", flat=True)
    ends = read_ends([payout_id for payout_id in payout_ids if payout_id is not None])
    if not ends:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            END,
            [
                list(ends),
                # A payout and its line end in the same words.
                [end.status for end in ends.values()],
                [end.failure_code for end in ends.values()],
            ],
        )
        return int(cursor.rowcount)
