from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection

from apps.core.public_ids import first_id_at
from apps.payout_batches.models import PayoutBatch

# For so long a payment of the same amount to the same payee is worth a look.
LOOKED_BACK = timedelta(days=7)
# A count over the lines of a payee needs all of them: what changed, and whatever stands beside it.
WARN = """
WITH near AS (
    SELECT id, number, payee_msisdn_index AS payee, amount, merchant_reference AS reference
      FROM payout_batches_payoutbatchline
     WHERE batch_id = %(batch)s AND status = 'ready'
       AND (%(payees)s::bytea[] IS NULL OR payee_msisdn_index = ANY(%(payees)s)
            OR (merchant_reference <> '' AND merchant_reference = ANY(%(references)s)))
), counted AS (
    SELECT n.*,
           count(*) OVER of_payee AS payee_count, min(number) OVER of_payee AS payee_first,
           count(*) OVER of_both AS both_count, min(number) OVER of_both AS both_first,
           count(*) OVER of_reference AS reference_count,
           min(number) OVER of_reference AS reference_first
      FROM near n
    WINDOW of_payee AS (PARTITION BY payee),
           of_both AS (PARTITION BY payee, amount),
           of_reference AS (PARTITION BY reference)
), judged AS (
    SELECT c.id, to_jsonb(array_remove(ARRAY[
        CASE WHEN both_count > 1 THEN jsonb_build_object(
            'code', 'same_payee_and_amount', 'column', 'phone',
            'values', jsonb_build_object('count', both_count, 'first', both_first)) END,
        CASE WHEN payee_count > both_count THEN jsonb_build_object(
            'code', 'same_payee', 'column', 'phone',
            'values', jsonb_build_object('count', payee_count, 'first', payee_first)) END,
        CASE WHEN reference <> '' AND reference_count > 1 THEN jsonb_build_object(
            'code', 'same_reference', 'column', 'reference',
            'values', jsonb_build_object('count', reference_count, 'first', reference_first)) END,
        CASE WHEN earlier.number IS NOT NULL THEN jsonb_build_object(
            'code', 'paid_lately', 'column', 'phone',
            'values', jsonb_build_object('line', earlier.number, 'batch', earlier.batch_id)) END
    ], NULL)) AS found
      FROM counted c
      LEFT JOIN LATERAL (
        SELECT e.number, e.batch_id
          FROM payout_batches_payoutbatchline e
          JOIN payout_batches_payoutbatch b ON b.id = e.batch_id
         WHERE e.payee_msisdn_index = c.payee AND e.id >= %(since)s AND e.amount = c.amount
           AND e.batch_id <> %(batch)s AND e.status IN ('ready', 'sent', 'succeeded')
           AND b.merchant_id = %(merchant)s AND b.livemode = %(livemode)s
         ORDER BY e.id DESC LIMIT 1
      ) earlier ON true
)
UPDATE payout_batches_payoutbatchline l
   SET warnings = COALESCE((SELECT jsonb_agg(one) FROM jsonb_array_elements(l.warnings) one
                             WHERE one->>'code' = 'rail_closed'), '[]') || j.found
  FROM judged j
 WHERE l.id = j.id
   AND l.warnings IS DISTINCT FROM
       COALESCE((SELECT jsonb_agg(one) FROM jsonb_array_elements(l.warnings) one
                  WHERE one->>'code' = 'rail_closed'), '[]') || j.found
"""


def note_duplicates(
    batch: PayoutBatch,
    *,
    now: datetime,
    payees: Collection[bytes] | None = None,
    references: Collection[str] = (),
) -> None:
    """Write on each ready line what stands twice: its payee, the payee with this amount, its
    reference; and that the payee was given this amount by another batch these days.

    One statement, within the caller's transaction. Safe to repeat.

    Args:
        payees: the indexes of those whose lines changed; None for all of the batch.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            WARN,
            {
                "batch": batch.pk,
                "payees": None if payees is None else list(payees),
                "references": list(references),
                "since": first_id_at(now - LOOKED_BACK),
                "merchant": batch.merchant_id,
                "livemode": batch.livemode,
            },
        )
