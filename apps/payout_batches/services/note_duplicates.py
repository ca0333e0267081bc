from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection

from apps.core.public_ids import first_id_at
from apps.payout_batches.models import PayoutBatch

# For so long a payment of the same amount to the same payee is worth a look.
LOOKED_BACK = timedelta(days=7)
# Judged are the lines beside what changed. A count over a payee or a reference needs all of its
# lines: those of each payee and of each reference that a line judged has.
# The lines of a payee these days are found by its own index alone (OFFSET 0 keeps them apart from
# what else is asked of them): the planner, which knows nothing of a batch just written, would read
# the whole of it for each of its lines. For the same reason what changes is found first (OFFSET 0
# has each line judged once) and only then looked for in the table: mostly it is next to nothing.
WARN = """
WITH beside AS (
    SELECT id, payee_msisdn_index AS payee, NULLIF(merchant_reference, '') AS reference
      FROM payout_batches_payoutbatchline
     WHERE batch_id = %(batch)s AND status = 'ready'
       AND (payee_msisdn_index = ANY(%(payees)s)
            OR (merchant_reference <> '' AND merchant_reference = ANY(%(references)s)))
), near AS (
    SELECT id, number, payee_msisdn_index AS payee, amount, merchant_reference AS reference,
           warnings
      FROM payout_batches_payoutbatchline
     WHERE batch_id = %(batch)s AND status = 'ready'
       AND (%(payees)s::bytea[] IS NULL
            OR payee_msisdn_index IN (SELECT payee FROM beside)
            OR merchant_reference IN (SELECT reference FROM beside WHERE reference IS NOT NULL))
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
    SELECT c.id, c.warnings,
      CASE WHEN warnings = '[]' THEN warnings ELSE
        COALESCE((SELECT jsonb_agg(one) FROM jsonb_array_elements(warnings) one
                   WHERE one->>'code' = 'rail_closed'), '[]') END
      || to_jsonb(array_remove(ARRAY[
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
          FROM (SELECT id, number, batch_id, amount, status
                  FROM payout_batches_payoutbatchline
                 WHERE payee_msisdn_index = c.payee AND id >= %(since)s OFFSET 0) e
         WHERE e.amount = c.amount AND e.batch_id <> %(batch)s
           AND e.status IN ('ready', 'sent', 'succeeded')
           AND (SELECT b.merchant_id = %(merchant)s AND b.livemode = %(livemode)s
                  FROM payout_batches_payoutbatch b WHERE b.id = e.batch_id)
         ORDER BY e.id DESC LIMIT 1
      ) earlier ON true
     WHERE %(payees)s::bytea[] IS NULL OR c.id IN (SELECT id FROM beside)
    OFFSET 0
), changed AS MATERIALIZED (
    SELECT id, found FROM judged WHERE warnings IS DISTINCT FROM found
)
UPDATE payout_batches_payoutbatchline l SET warnings = c.found FROM changed c WHERE l.id = c.id
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
