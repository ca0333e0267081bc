from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from apps.payout_batches.models import LineStatus, PayoutBatch
from apps.payouts.selectors.read_ends import read_ends

# The same lines of the batches that this one sends again, back to the first.
EARLIER = """
WITH RECURSIVE earlier AS (
    SELECT %(retry_of)s::uuid AS id
    UNION ALL
    SELECT b.retry_of_id FROM payout_batches_payoutbatch b JOIN earlier e ON b.id = e.id
     WHERE b.retry_of_id IS NOT NULL
)
SELECT l.number, l.payout_id
  FROM earlier e JOIN payout_batches_payoutbatchline l ON l.batch_id = e.id
 WHERE l.number = ANY(%(numbers)s) AND l.payout_id IS NOT NULL
"""


def paid_meanwhile(batch: PayoutBatch, numbers: Collection[int]) -> set[int]:
    """Which lines of a retry were paid by their first payout after all, as its provider said late.

    The payouts are asked, not the lines: those hear of it later. None but of a retry; two queries.
    """
    if batch.retry_of_id is None or not numbers:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(EARLIER, {"retry_of": batch.retry_of_id, "numbers": list(numbers)})
        earlier = cursor.fetchall()
    ends = read_ends([payout_id for _, payout_id in earlier])
    return {
        number
        for number, payout_id in earlier
        if payout_id in ends and ends[payout_id].status == LineStatus.SUCCEEDED
    }
