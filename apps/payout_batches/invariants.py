"""What must hold among batches, their lines, payouts and the ledger, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.orchestration.invariants import (
    HISTORY_ORDER,
    body_as_moved,
    moves_by_table,
    owner_is_there,
)
from apps.payout_batches.rules.event_types import event_type
from apps.payout_batches.transitions import BATCH_MOVES, ENDS

# The rows of a VALUES list: every move and the type of its event.
TYPES_OF_MOVES = ", ".join(
    f"('{source}', '{to}', '{event_type(source, to)}')"
    for source, targets in BATCH_MOVES.items()
    for to in sorted(targets)
)
OVER = "(" + ", ".join(f"'{status.value}'" for status in sorted(ENDS)) + ")"
# Its money is set aside from its submission on.
HOLDING = "('needs_approval', 'scheduled', 'running', 'paused')"

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I2",
        "a batch holds the sum of its lines that are to be sent and of their fees, and nothing"
        " before or after",
        f"""
        SELECT b.id
          FROM {{batches}} b
          LEFT JOIN (SELECT source_id, sum(CASE kind WHEN 'batch_held' THEN amount
                                                     ELSE -amount END) AS amount
                       FROM {{transfers}} t WHERE kind LIKE 'batch_%%'
                      GROUP BY source_id) held ON held.source_id = b.id
          LEFT JOIN (SELECT batch_id, sum(amount + fee + fee_tax) AS amount
                       FROM payout_batches_payoutbatchline
                      WHERE status = 'ready' AND batch_id IN (SELECT id FROM {{batches}} b)
                      GROUP BY batch_id) ready ON ready.batch_id = b.id
         WHERE COALESCE(held.amount, 0)
               <> CASE WHEN b.status IN {HOLDING} THEN COALESCE(ready.amount, 0) ELSE 0 END
        """,  # noqa: S608 (our own words)
    ),
    Invariant(
        "I2",
        "what a batch released are the amounts of its payouts and their fees",
        """
        SELECT b.id
          FROM {batches} b
          LEFT JOIN (SELECT source_id, sum(amount) AS amount
                       FROM {transfers} t WHERE kind = 'batch_released'
                      GROUP BY source_id) released ON released.source_id = b.id
          LEFT JOIN (SELECT batch_id, sum(amount + fee + fee_tax) AS amount
                       FROM payout_batches_payoutbatchline
                      WHERE payout_id IS NOT NULL AND batch_id IN (SELECT id FROM {batches} b)
                      GROUP BY batch_id) sent ON sent.batch_id = b.id
         WHERE COALESCE(released.amount, 0) <> COALESCE(sent.amount, 0)
        """,
    ),
    Invariant(
        "I2",
        "a batch is booked between accounts of its own merchant, currency and mode",
        """
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN payout_batches_payoutbatch b ON b.id = t.source_id
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE t.kind LIKE 'batch_%%'
           AND (b.id IS NULL OR t.attempt_id IS NULL OR t.currency <> b.currency
                OR (f.owner_id, f.livemode, i.owner_id, i.livemode)
                   IS DISTINCT FROM (b.merchant_id, b.livemode, b.merchant_id, b.livemode)
                OR (f.kind, i.kind) IS DISTINCT FROM
                   CASE t.kind WHEN 'batch_held'
                        THEN ('merchant_payable'::varchar, 'merchant_held'::varchar)
                        ELSE ('merchant_held'::varchar, 'merchant_payable'::varchar) END)
        """,
    ),
    Invariant(
        "I4",
        "a line that was sent is one payout of its amount and fee, of its batch's merchant and"
        " mode",
        """
        SELECT l.id
          FROM {batches} b
          JOIN payout_batches_payoutbatchline l ON l.batch_id = b.id
          LEFT JOIN payouts_payout p ON p.id = l.payout_id
         WHERE l.payout_id IS NOT NULL
           AND (l.amount, l.fee, l.fee_tax, b.merchant_id, b.livemode, b.currency,
                l.number::text)
               IS DISTINCT FROM
               (p.amount, p.fee, p.fee_tax, p.merchant_id, p.livemode, p.currency,
                p.metadata ->> 'line')
        """,
    ),
    # What was sent after all waits for its line no longer than an hour.
    Invariant(
        "I4",
        "a line ends as its payout did",
        """
        SELECT l.id
          FROM {batches} b
          JOIN payout_batches_payoutbatchline l ON l.batch_id = b.id
          JOIN payouts_payout p ON p.id = l.payout_id
         WHERE CASE l.status
               WHEN 'succeeded' THEN p.status <> 'succeeded'
               WHEN 'failed' THEN (p.status, p.failure_code) <> ('failed', l.failure_code)
                                  AND (p.status <> 'succeeded'
                                       OR p.completed_at < %(now)s - interval '1 hour')
               ELSE l.status <> 'sent'
                    OR (p.status IN ('succeeded', 'failed')
                        AND p.completed_at < %(now)s - interval '1 hour') END
        """,
    ),
    Invariant(
        "I4",
        "a batch is over exactly if nothing of it is to be sent or under way",
        f"""
        SELECT b.id
          FROM {{batches}} b
         WHERE b.status <> 'checking'
           AND CASE WHEN b.status IN {OVER}
               THEN EXISTS (SELECT FROM payout_batches_payoutbatchline l
                             WHERE l.batch_id = b.id AND l.status IN ('ready', 'sent'))
               WHEN b.status = 'canceling'
               THEN EXISTS (SELECT FROM payout_batches_payoutbatchline l
                             WHERE l.batch_id = b.id AND l.status = 'ready')
               WHEN b.status IN ('draft', 'needs_approval', 'scheduled')
               THEN EXISTS (SELECT FROM payout_batches_payoutbatchline l
                             WHERE l.batch_id = b.id
                               AND l.status IN ('sent', 'succeeded', 'failed', 'canceled'))
               END
        """,  # noqa: S608
    ),
    Invariant(
        "I15",
        "the counts and sums beside a batch are those of its lines",
        """
        SELECT batch_id
          FROM (SELECT batch_id, status, country, operator, count(*) AS count,
                       COALESCE(sum(amount), 0) AS amount, sum(fee) AS fee,
                       sum(fee_tax) AS fee_tax
                  FROM payout_batches_payoutbatchline
                 WHERE batch_id IN (SELECT id FROM {batches} b)
                 GROUP BY batch_id, status, country, operator) counted
          FULL JOIN (SELECT * FROM payout_batches_payoutbatchsum
                      WHERE batch_id IN (SELECT id FROM {batches} b)) kept
         USING (batch_id, status, country, operator)
         WHERE (COALESCE(counted.count, 0), COALESCE(counted.amount, 0),
                COALESCE(counted.fee, 0), COALESCE(counted.fee_tax, 0))
               <> (COALESCE(kept.count, 0), COALESCE(kept.amount, 0),
                   COALESCE(kept.fee, 0), COALESCE(kept.fee_tax, 0))
        """,
    ),
    moves_by_table("payout_batch", BATCH_MOVES),
    owner_is_there("payout_batch", "payout_batches_payoutbatch"),
    Invariant(
        "I3",
        "a batch's history is one path to its status, numbered without a gap, and dates it",
        f"""
        SELECT b.id
          FROM {{batches}} b
          LEFT JOIN (SELECT payment_id,
                            array_agg(from_status::text ORDER BY {HISTORY_ORDER}) AS froms,
                            array_agg(to_status::text ORDER BY {HISTORY_ORDER}) AS tos,
                            array_agg(created_at ORDER BY {HISTORY_ORDER}) AS times,
                            count(sequence) AS numbered, max(sequence) AS last
                       FROM {{changes}} c WHERE owner_type = 'payout_batch'
                      GROUP BY payment_id) path ON path.payment_id = b.id
         WHERE array_append(path.froms, b.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
            OR (path.numbered, path.last) IS DISTINCT FROM (b.sequence::bigint, b.sequence)
            OR b.created_at <> path.times[1]
            OR b.completed_at IS DISTINCT FROM
               CASE WHEN b.status IN {OVER} THEN path.times[b.sequence] END
        """,  # noqa: S608
    ),
    Invariant(
        "I6",
        "every move of a batch has its event, numbered without a gap, of its type and time",
        f"""
        SELECT c.id
          FROM {{changes}} c
          LEFT JOIN webhooks_event e ON e.object_id = c.payment_id AND e.sequence = c.sequence
          LEFT JOIN payout_batches_payoutbatch b ON b.id = c.payment_id
          LEFT JOIN (VALUES {TYPES_OF_MOVES}) AS told (from_status, to_status, type)
            ON told.from_status = c.from_status AND told.to_status = c.to_status
         WHERE c.owner_type = 'payout_batch'
           AND (e.type IS DISTINCT FROM told.type OR e.created_at <> c.created_at
                OR (e.merchant_id, e.livemode) IS DISTINCT FROM (b.merchant_id, b.livemode))
         UNION ALL
        SELECT e.id
          FROM {{events}} e
          LEFT JOIN payout_batches_payoutbatch b ON b.id = e.object_id AND e.sequence <= b.sequence
         WHERE e.type LIKE 'payout\\_batch.%%' AND b.id IS NULL
        """,  # noqa: S608
    ),
    Invariant(
        "I21",
        "no line is paid under another person's name, or a name still being checked, unless"
        " somebody confirmed it",
        """
        SELECT l.id
          FROM payout_batches_namecheck n
          JOIN payout_batches_payoutbatchline l ON l.id = n.id
          JOIN payout_batches_payoutbatch b ON b.id = l.batch_id
         WHERE n.result IN ('waiting', 'different') AND n.confirmed_by = ''
           AND b.status NOT IN ('checking', 'draft')
           AND l.status IN ('ready', 'sent', 'succeeded', 'failed')
        """,
    ),
    Invariant(
        "I21",
        "a check of a name is of a line of its batch, and nobody confirms it who made the batch or"
        " corrected the line",
        """
        SELECT n.id
          FROM payout_batches_namecheck n
          JOIN payout_batches_payoutbatchline l ON l.id = n.id
          JOIN payout_batches_payoutbatch b ON b.id = l.batch_id
         WHERE n.batch_id <> l.batch_id OR n.confirmed_by = b.created_by
            OR l.correctors ? n.confirmed_by
        """,
    ),
    Invariant(
        "I14",
        "no name waits half an hour past its turn to be checked",
        """
        SELECT id FROM payout_batches_namecheck
         WHERE due_at IS NOT NULL AND opened_at < %(now)s - interval '30 minutes'
        """,
    ),
    # A lease is a minute.
    Invariant(
        "I14",
        "no batch waits ten minutes past the time of what is due for it",
        """
        SELECT id FROM payout_batches_payoutbatch WHERE due_at < %(now)s - interval '10 minutes'
        """,
    ),
    body_as_moved(
        "payout_batch",
        "{batches}",
        prefix="pob",
        told="'reference', o.merchant_reference",
        told_since={
            # Once it is submitted, lines come to their ends and change no amount: of what is
            # canceled nothing is to be sent.
            "progress,amount_total": """CASE
                    WHEN o.sequence <> e.sequence OR o.status IN ('checking', 'draft')
                    THEN (e.content #>> '{{data,progress,amount_total}}')::bigint
                    ELSE COALESCE((SELECT sum(l.amount) FROM payout_batches_payoutbatchline l
                                    WHERE l.batch_id = o.id AND l.status IN
                                          ('ready', 'sent', 'succeeded', 'failed')), 0) END"""
        },
    ),
)
