"""What must hold among disputes, their payments and the ledger, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.disputes.rules.event_types import event_type
from apps.disputes.transitions import DISPUTE_MOVES
from apps.orchestration.invariants import (
    HISTORY_ORDER,
    body_as_moved,
    moves_by_table,
    owner_is_there,
)

# The rows of a VALUES list: every move and the type of its event.
TYPES_OF_MOVES = ", ".join(
    f"('{source}', '{to}', '{event_type(source, to)}')"
    for source, targets in DISPUTE_MOVES.items()
    for to in sorted(targets)
)
IS_OPEN = "closed_at IS NULL"

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I2",
        "what is disputed of a payment is the sum of its open disputes and of what others took",
        f"""
        SELECT p.id
          FROM payments_payment p
          JOIN (SELECT payment_id,
                       sum(CASE WHEN {IS_OPEN} THEN amount ELSE amount_lost END) AS sum
                  FROM disputes_dispute
                 WHERE payment_id IN (SELECT payment_id FROM {{disputes}} d)
                 GROUP BY payment_id) disputed ON disputed.payment_id = p.id
         WHERE p.amount_disputed <> disputed.sum
         UNION ALL
        SELECT p.id
          FROM {{payments}} p
         WHERE p.amount_disputed <> 0
           AND NOT EXISTS (SELECT FROM disputes_dispute d WHERE d.payment_id = p.id)
        """,  # noqa: S608 (our own columns)
    ),
    Invariant(
        "I2",
        "a dispute holds its amount once, and has lost or returned all of it exactly if it is"
        " closed, each once",
        f"""
        SELECT d.id
          FROM {{disputes}} d
          LEFT JOIN (SELECT source_id, count(*) AS count,
                            COALESCE(sum(amount) FILTER (WHERE kind = 'dispute_held'), 0) AS held,
                            COALESCE(sum(amount) FILTER (WHERE kind = 'dispute_lost'), 0) AS lost,
                            COALESCE(sum(amount) FILTER (WHERE kind = 'dispute_returned'), 0)
                                AS returned,
                            min(currency) AS currency, max(currency) AS currency_max
                       FROM {{transfers}} t GROUP BY source_id) booked ON booked.source_id = d.id
         WHERE (booked.held, booked.lost, booked.returned, booked.currency, booked.currency_max,
                booked.count)
               IS DISTINCT FROM
               (d.amount, d.amount_lost,
                CASE WHEN {IS_OPEN} THEN 0 ELSE d.amount - d.amount_lost END,
                d.currency, d.currency,
                1 + (d.amount_lost > 0)::int
                  + (NOT {IS_OPEN} AND d.amount > d.amount_lost)::int)
        """,  # noqa: S608
    ),
    # Of the transfers, not of the balance: refunds and payouts hold there too.
    Invariant(
        "I2",
        "what is held for a merchant's disputes is the sum of its open ones",
        f"""
        SELECT COALESCE(booked.owner_id, told.merchant_id)
          FROM (SELECT a.owner_id, a.livemode, a.currency,
                       sum(CASE WHEN t.to_account_id = a.id THEN t.amount
                                ELSE -t.amount END) AS held
                  FROM {{transfers}} t
                  JOIN ledger_account a
                    ON a.id IN (t.from_account_id, t.to_account_id) AND a.kind = 'merchant_held'
                 WHERE t.kind LIKE 'dispute_%%'
                 GROUP BY a.owner_id, a.livemode, a.currency) booked
          FULL JOIN (SELECT merchant_id, livemode, currency, sum(amount) AS open
                       FROM {{disputes}} d WHERE {IS_OPEN}
                      GROUP BY merchant_id, livemode, currency) told
            ON (told.merchant_id, told.livemode, told.currency)
             = (booked.owner_id, booked.livemode, booked.currency)
         WHERE COALESCE(booked.held, 0) <> COALESCE(told.open, 0)
        """,  # noqa: S608
    ),
    Invariant(
        "I2",
        "a dispute is booked between its own merchant, the account that collected, and mode",
        """
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN disputes_dispute d ON d.id = t.source_id
          LEFT JOIN payments_attempt s
            ON s.payment_id = d.payment_id AND s.status = 'succeeded'
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE t.kind LIKE 'dispute_%%'
           AND (d.id IS NULL OR t.attempt_id IS NOT NULL
                OR f.livemode <> d.livemode OR i.livemode <> d.livemode
                OR f.owner_id IS DISTINCT FROM d.merchant_id
                OR i.owner_id IS DISTINCT FROM
                   CASE t.kind WHEN 'dispute_lost' THEN s.provider_account_id
                               ELSE d.merchant_id END)
        """,
    ),
    Invariant(
        "I2",
        "a dispute is of a payment that succeeded, in its currency",
        """
        SELECT d.id
          FROM {disputes} d
          LEFT JOIN payments_payment p ON p.id = d.payment_id AND p.status = 'succeeded'
         WHERE p.id IS NULL
            OR (d.merchant_id, d.livemode, d.currency) <> (p.merchant_id, p.livemode, p.currency)
        """,
    ),
    moves_by_table("dispute", DISPUTE_MOVES),
    owner_is_there("dispute", "disputes_dispute"),
    Invariant(
        "I3",
        "a dispute's history is one path to its status, numbered without a gap, and dates it",
        f"""
        SELECT d.id
          FROM {{disputes}} d
          LEFT JOIN (SELECT payment_id,
                            array_agg(from_status::text ORDER BY {HISTORY_ORDER}) AS froms,
                            array_agg(to_status::text ORDER BY {HISTORY_ORDER}) AS tos,
                            array_agg(created_at ORDER BY {HISTORY_ORDER}) AS times,
                            count(sequence) AS numbered, max(sequence) AS last
                       FROM {{changes}} c WHERE owner_type = 'dispute'
                      GROUP BY payment_id) path ON path.payment_id = d.id
         WHERE array_append(path.froms, d.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
            OR (path.numbered, path.last) IS DISTINCT FROM (d.sequence::bigint, d.sequence)
            OR d.opened_at <> path.times[1]
            OR d.closed_at <> path.times[d.sequence]
        """,  # noqa: S608
    ),
    Invariant(
        "I6",
        "every move of a dispute has its event, numbered without a gap, of its type and time",
        f"""
        SELECT c.id
          FROM {{changes}} c
          LEFT JOIN webhooks_event e ON e.object_id = c.payment_id AND e.sequence = c.sequence
          LEFT JOIN disputes_dispute d ON d.id = c.payment_id
          LEFT JOIN (VALUES {TYPES_OF_MOVES}) AS told (from_status, to_status, type)
            ON told.from_status = c.from_status AND told.to_status = c.to_status
         WHERE c.owner_type = 'dispute'
           AND (e.type IS DISTINCT FROM told.type OR e.created_at <> c.created_at
                OR (e.merchant_id, e.livemode) IS DISTINCT FROM (d.merchant_id, d.livemode))
         UNION ALL
        SELECT e.id
          FROM {{events}} e
          LEFT JOIN disputes_dispute d ON d.id = e.object_id AND e.sequence <= d.sequence
         WHERE e.type LIKE 'dispute.%%' AND d.id IS NULL
        """,  # noqa: S608
    ),
    # A lease is a minute; what fails is put off by ten.
    Invariant(
        "I14",
        "no dispute waits for its merchant an hour past its date",
        """
        SELECT id FROM disputes_dispute
         WHERE status = 'needs_response' AND due_at < %(now)s - interval '1 hour'
        """,
    ),
    body_as_moved(
        "dispute",
        "{disputes}",
        prefix="dis",
        told="""
                    'amount', o.amount, 'amount_lost',
                    CASE WHEN c.to_status IN ('lost', 'partly_lost') THEN o.amount_lost ELSE 0 END
        """.strip(),
        told_since={},
    ),
)
