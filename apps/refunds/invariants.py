"""What must hold among refunds, their payments, their attempts and the ledger, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.ledger.invariants import booked_by_status, quoted
from apps.ledger.rules.outgoing import REFUND_KINDS
from apps.orchestration.invariants import (
    HISTORY_ORDER,
    IS_OPEN,
    body_as_moved,
    moves_by_table,
    owner_is_there,
    succeeded_by_attempt,
    waits_with_its_approval,
)
from apps.orchestration.rules.never_sent import never_sent
from apps.refunds.rules.approvable import SEND
from apps.refunds.rules.event_types import event_type
from apps.refunds.transitions import REFUND_MOVES, REFUND_REPAIRS

# The rows of a VALUES list: every move and the type of its event.
TYPES_OF_MOVES = ", ".join(
    f"('{source}', '{to}', '{event_type(source, to)}')"
    for moves in (REFUND_MOVES, REFUND_REPAIRS)
    for source, targets in moves.items()
    for to in sorted(targets)
)

_ONCE_SENT = "CASE WHEN c.to_status = 'succeeded' THEN {} ELSE 0 END"

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I2",
        "what was given back of a payment is the sum of its refunds that neither failed nor were"
        " canceled",
        """
        SELECT p.id
          FROM payments_payment p
          JOIN (SELECT payment_id,
                       COALESCE(sum(amount) FILTER (WHERE status NOT IN ('failed', 'canceled')), 0)
                           AS sum
                  FROM refunds_refund
                 WHERE payment_id IN (SELECT payment_id FROM {refunds} r)
                 GROUP BY payment_id) refunded ON refunded.payment_id = p.id
         WHERE p.amount_refunded <> refunded.sum
         UNION ALL
        SELECT p.id
          FROM {payments} p
         WHERE p.amount_refunded <> 0
           AND NOT EXISTS (SELECT FROM refunds_refund r WHERE r.payment_id = p.id)
        """,
    ),
    Invariant(
        "I2",
        "a refund holds its amount once, and has sent it or returned it exactly if it ended so;"
        " held again is what was returned and sent after all",
        booked_by_status("{refunds}", REFUND_KINDS.amount, "amount"),
    ),
    Invariant(
        "I2",
        "a refund is booked between its own merchant, sender and mode",
        """
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN refunds_refund r ON r.id = t.source_id
          LEFT JOIN payments_attempt s ON s.payment_id = r.id AND s.status = 'succeeded'
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE t.kind LIKE 'refund_%%'
           AND (r.id IS NULL OR f.livemode <> r.livemode OR i.livemode <> r.livemode
                OR f.owner_id IS DISTINCT FROM r.merchant_id
                OR i.owner_id IS DISTINCT FROM
                   CASE WHEN t.kind = 'refund_sent' THEN s.provider_account_id
                        WHEN t.kind IN ('refund_fee', 'refund_tax') THEN NULL
                        ELSE r.merchant_id END
                OR (t.kind IN ('refund_fee', 'refund_tax')
                    AND i.kind <> CASE t.kind WHEN 'refund_fee' THEN 'fee_revenue'
                                              ELSE 'tax_payable' END)
                OR CASE WHEN t.kind IN ('refund_sent', 'refund_fee', 'refund_tax')
                        THEN t.attempt_id IS NULL OR t.attempt_id IS DISTINCT FROM s.id
                        WHEN t.kind IN ('refund_held', 'refund_fee_held', 'refund_tax_held')
                        THEN t.attempt_id <> COALESCE(s.id, r.id)
                        ELSE t.attempt_id IS NOT NULL END)
        """,
    ),
    Invariant(
        "I2",
        "a refund is of a payment that succeeded, in its currency, by what collected it",
        """
        SELECT r.id
          FROM {refunds} r
          LEFT JOIN payments_payment p ON p.id = r.payment_id AND p.status = 'succeeded'
          LEFT JOIN payments_attempt a
            ON a.id = r.collected_by_id AND a.payment_id = p.id AND a.status = 'succeeded'
         WHERE a.id IS NULL
            OR (r.merchant_id, r.livemode, r.currency) <> (p.merchant_id, p.livemode, p.currency)
        """,
    ),
    moves_by_table("refund", REFUND_MOVES, REFUND_REPAIRS),
    owner_is_there("refund", "refunds_refund"),
    Invariant(
        "I3",
        "a refund's history is one path to its status, numbered without a gap, and dates it",
        f"""
        SELECT r.id
          FROM {{refunds}} r
          LEFT JOIN (SELECT payment_id,
                            array_agg(from_status::text ORDER BY {HISTORY_ORDER}) AS froms,
                            array_agg(to_status::text ORDER BY {HISTORY_ORDER}) AS tos,
                            array_agg(created_at ORDER BY {HISTORY_ORDER}) AS times,
                            count(sequence) AS numbered, max(sequence) AS last
                       FROM {{changes}} c WHERE attempt_id IS NULL
                      GROUP BY payment_id) path ON path.payment_id = r.id
         WHERE array_append(path.froms, r.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
            OR (path.numbered, path.last) IS DISTINCT FROM (r.sequence::bigint, r.sequence)
            OR r.created_at <> path.times[1]
            OR (r.completed_at IS NOT NULL) <> (r.status IN ('succeeded', 'failed', 'canceled'))
            OR r.completed_at <> path.times[r.sequence]
            OR (r.failure_code <> '') <> (r.status = 'failed')
        """,  # noqa: S608
    ),
    Invariant(
        "I4",
        "a refund has an attempt, by its own way and for its own amount; none before it is"
        " approved, or if it never was",
        f"""
        SELECT r.id
          FROM {{refunds}} r
          LEFT JOIN payments_attempt a ON a.payment_id = r.id AND a.owner_type = 'refund'
         WHERE CASE WHEN a.id IS NULL OR {never_sent("r")}
                    THEN a.id IS NOT NULL OR NOT {never_sent("r")}
                    ELSE (a.kind, a.amount, a.currency) IS DISTINCT FROM
                         (r.way, r.amount, r.currency) END
        """,  # noqa: S608
    ),
    succeeded_by_attempt("refund"),
    Invariant(
        "I4",
        "a refund that is over has no open attempt, and one that is not has one, or a person",
        f"""
        SELECT r.id
          FROM {{refunds}} r
          LEFT JOIN (SELECT payment_id, bool_or({IS_OPEN}) AS is_open,
                            bool_or(needs_person) AS needs_person
                       FROM {{attempts}} a GROUP BY payment_id) tried ON tried.payment_id = r.id
         WHERE CASE WHEN r.status IN ('succeeded', 'failed', 'canceled') THEN tried.is_open
                    WHEN r.status = 'needs_approval' THEN tried.payment_id IS NOT NULL
                    ELSE (tried.is_open OR tried.needs_person) IS NOT TRUE END
        """,  # noqa: S608
    ),
    Invariant(
        "I4",
        "an attempt's account is of its refund's mode and currency",
        """
        SELECT a.id
          FROM {attempts} a
          JOIN refunds_refund r ON r.id = a.payment_id
          JOIN providers_provideraccount x ON x.id = a.provider_account_id
         WHERE (x.livemode, x.currency) IS DISTINCT FROM (r.livemode, r.currency)
        """,
    ),
    Invariant(
        "I6",
        "every move of a refund has its event, numbered without a gap, of its type and time",
        f"""
        SELECT c.id
          FROM {{changes}} c
          LEFT JOIN webhooks_event e ON e.object_id = c.payment_id AND e.sequence = c.sequence
          LEFT JOIN refunds_refund r ON r.id = c.payment_id
          LEFT JOIN (VALUES {TYPES_OF_MOVES}) AS told (from_status, to_status, type)
            ON told.from_status = c.from_status AND told.to_status = c.to_status
         WHERE c.attempt_id IS NULL AND c.owner_type = 'refund'
           AND (e.type IS DISTINCT FROM told.type OR e.created_at <> c.created_at
                OR (e.merchant_id, e.livemode) IS DISTINCT FROM (r.merchant_id, r.livemode))
         UNION ALL
        SELECT e.id
          FROM {{events}} e
          LEFT JOIN refunds_refund r ON r.id = e.object_id AND e.sequence <= r.sequence
         WHERE e.type LIKE 'refund.%%' AND r.id IS NULL
        """,  # noqa: S608
    ),
    Invariant(
        "I22",
        "the fee of a refund and the tax on it are held with the amount, then ours if it was sent"
        " and the merchant's again if not",
        f"""
        {booked_by_status("{refunds}", REFUND_KINDS.fee, "fee")}
         UNION ALL
        {booked_by_status("{refunds}", REFUND_KINDS.tax, "fee_tax")}
        """,
    ),
    Invariant(
        "I22",
        "a refund gave back of its payment's fee and of the tax on it what it says, booked by what"
        " sent it",
        """
        SELECT r.id
          FROM {refunds} r
          LEFT JOIN (SELECT source_id,
                            sum(amount) FILTER (WHERE kind = 'collect_fee_back') AS fee,
                            sum(amount) FILTER (WHERE kind = 'collect_tax_back') AS tax,
                            count(DISTINCT attempt_id) AS senders, min(currency) AS currency
                       FROM {transfers} t
                      WHERE kind IN ('collect_fee_back', 'collect_tax_back')
                      GROUP BY source_id) back ON back.source_id = r.id
         WHERE (COALESCE(back.fee, 0), COALESCE(back.tax, 0))
               <> (r.fee_returned, r.fee_tax_returned)
            OR (back.source_id IS NOT NULL
                AND (r.status <> 'succeeded' OR back.senders <> 1 OR back.currency <> r.currency))
         UNION ALL
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN refunds_refund r ON r.id = t.source_id
          LEFT JOIN payments_attempt s ON s.payment_id = r.id AND s.status = 'succeeded'
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE t.kind IN ('collect_fee_back', 'collect_tax_back')
           AND (t.attempt_id, f.kind, f.livemode, i.kind, i.owner_id, i.livemode)
               IS DISTINCT FROM
               (s.id, CASE t.kind WHEN 'collect_fee_back' THEN 'fee_revenue'
                                  ELSE 'tax_payable' END,
                r.livemode, 'merchant_payable', r.merchant_id, r.livemode)
        """,
    ),
    Invariant(
        "I22",
        "the refunds of a payment gave back of its fee and of the tax on it what the plan says by"
        " which it was charged: never more than that",
        """
        SELECT p.id
          FROM payments_payment p
          JOIN (SELECT payment_id, sum(amount) AS amount, sum(fee_returned) AS fee,
                       sum(fee_tax_returned) AS tax
                  FROM refunds_refund
                 WHERE status = 'succeeded'
                   AND payment_id IN (SELECT payment_id FROM {refunds} r)
                 GROUP BY payment_id) given ON given.payment_id = p.id
          LEFT JOIN fees_feeline l ON l.id = p.fee_line_id
          LEFT JOIN fees_feeplanversion v ON v.id = l.version_id
          CROSS JOIN LATERAL (SELECT COALESCE(p.amount_received, p.amount) AS amount) collected
         WHERE (given.fee, given.tax) IS DISTINCT FROM
               (CASE v.fee_return
                WHEN 'proportional' THEN div(p.fee * given.amount, collected.amount)
                WHEN 'full' THEN CASE WHEN given.amount = collected.amount THEN p.fee ELSE 0 END
                ELSE 0 END,
                CASE v.fee_return
                WHEN 'proportional' THEN div(p.fee_tax * given.amount, collected.amount)
                WHEN 'full' THEN CASE WHEN given.amount = collected.amount THEN p.fee_tax ELSE 0 END
                ELSE 0 END)
        """,
    ),
    Invariant(
        "I2",
        "nothing else is booked of a refund",
        f"""
        SELECT t.id
          FROM {{refunds}} r
          JOIN {{transfers}} t ON t.source_id = r.id
         WHERE t.kind NOT IN ({quoted(REFUND_KINDS)}, 'collect_fee_back', 'collect_tax_back')
        """,  # noqa: S608 (our own words)
    ),
    waits_with_its_approval("refund", SEND),
    body_as_moved(
        "refund",
        "{refunds}",
        prefix="ref",
        told="'amount', o.amount",
        told_since={
            "fee": "o.fee",
            "fee_tax": "o.fee_tax",
            "fee_returned": _ONCE_SENT.format("o.fee_returned"),
            "fee_tax_returned": _ONCE_SENT.format("o.fee_tax_returned"),
        },
    ),
)
