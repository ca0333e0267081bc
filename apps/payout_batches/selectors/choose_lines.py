from __future__ import annotations

from django.db import connection

from apps.payout_batches.models import LineStatus, PayoutBatch, PayoutBatchLine

# From one operator to the next by leaps through the index, however many lines each has.
RAILS = """
WITH RECURSIVE rail AS (
    (SELECT country, operator FROM payout_batches_payoutbatchline
      WHERE batch_id = %(batch)s AND status = 'ready' ORDER BY country, operator LIMIT 1)
    UNION ALL
    SELECT n.* FROM rail r CROSS JOIN LATERAL (
        SELECT l.country, l.operator FROM payout_batches_payoutbatchline l
         WHERE l.batch_id = %(batch)s AND l.status = 'ready'
           AND (l.country, l.operator) > (r.country, r.operator)
         ORDER BY l.country, l.operator LIMIT 1) n
)
SELECT country, operator FROM rail
"""


def choose_lines(batch: PayoutBatch, *, limit: int) -> list[list[PayoutBatchLine]]:
    """The lines to send next, operator by operator, each in the order of the file: a rail that
    takes none hides nobody else's. Together at most `limit`, or one of each."""
    with connection.cursor() as cursor:
        cursor.execute(RAILS, {"batch": batch.pk})
        rails = cursor.fetchall()
    ready = PayoutBatchLine.objects.filter(batch=batch, status=LineStatus.READY)
    share = max(1, limit // max(1, len(rails)))
    return [
        list(ready.filter(country=country, operator=operator).order_by("number")[:share])
        for country, operator in rails
    ]
