from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from apps.core.postgresql.long_statements import long_statements
from apps.payout_batches.selectors.lock_batch import lock_batch

FORGET = "DELETE FROM payout_batches_payoutbatchsum WHERE batch_id = %s"
COUNT = """
INSERT INTO payout_batches_payoutbatchsum
       (batch_id, status, country, operator, count, amount, fee, fee_tax)
SELECT batch_id, status, country, operator, count(*), COALESCE(sum(amount), 0), sum(fee),
       sum(fee_tax)
  FROM payout_batches_payoutbatchline WHERE batch_id = %s
 GROUP BY batch_id, status, country, operator
"""


@transaction.atomic
def recount_batch(batch_id: UUID) -> None:
    """Count a batch's lines anew, and sum them, where what stands beside it is wrong. Under
    traffic, and safe to repeat: whoever writes its lines waits.

    Raises:
        PayoutBatch.DoesNotExist: there is none.
    """
    lock_batch(batch_id)
    with long_statements(), connection.cursor() as cursor:
        cursor.execute(FORGET, [batch_id])
        cursor.execute(COUNT, [batch_id])
