"""What must hold among payments, their history and their attempts, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.orchestration.invariants import (
    HISTORY_ORDER,
    IS_OPEN,
    moves_by_table,
    owner_is_there,
    succeeded_by_attempt,
)
from apps.payments.models import PayerChoice, PaymentStatus
from apps.payments.transitions import PAYMENT_MOVES, PAYMENT_REPAIRS

FINAL = "('succeeded', 'failed', 'expired', 'canceled')"
IS_WAITED_FOR = "status IN ('pending', 'requires_action')"


INVARIANTS: tuple[Invariant, ...] = (
    moves_by_table("payment", PAYMENT_MOVES, PAYMENT_REPAIRS),
    owner_is_there("payment", "payments_payment"),
    # Of moves made before they were numbered there is the order of their ids.
    Invariant(
        "I3",
        "a payment's history is one path to its status, numbered without a gap",
        f"""
        SELECT p.id
          FROM {{payments}} p
          LEFT JOIN (SELECT payment_id,
                            array_agg(from_status::text ORDER BY {HISTORY_ORDER}) AS froms,
                            array_agg(to_status::text ORDER BY {HISTORY_ORDER}) AS tos,
                            count(sequence) AS numbered,
                            min(sequence) AS first, max(sequence) AS last
                       FROM {{changes}} c WHERE attempt_id IS NULL
                      GROUP BY payment_id) path ON path.payment_id = p.id
         WHERE array_append(path.froms, p.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
            OR (path.numbered > 0
                AND (path.first, path.last)
                    IS DISTINCT FROM (p.sequence - path.numbered + 1, p.sequence))
        """,  # noqa: S608
    ),
    Invariant(
        "I3",
        "a payment is dated by its history, and has an end and a reason exactly if it should",
        f"""
        SELECT p.id
          FROM {{payments}} p
          LEFT JOIN (SELECT payment_id,
                            min(created_at) FILTER (WHERE from_status = '') AS born_at,
                            array_agg(created_at) AS times
                       FROM {{changes}} c WHERE attempt_id IS NULL
                      GROUP BY payment_id) moved ON moved.payment_id = p.id
         WHERE p.created_at IS DISTINCT FROM moved.born_at
            OR (p.completed_at IS NOT NULL) <> (p.status IN {FINAL})
            OR NOT p.completed_at = ANY(moved.times)
            OR (p.failure_code <> '') <> (p.status IN ('failed', 'expired'))
        """,  # noqa: S608
    ),
    succeeded_by_attempt("payment"),
    # An expired one keeps its attempt open: a late success is still booked.
    Invariant(
        "I4",
        "a payment that is over has no open attempt",
        f"""
        SELECT p.id
          FROM {{payments}} p
          JOIN payments_attempt a ON a.payment_id = p.id
         WHERE p.status IN ('{PaymentStatus.SUCCEEDED}', '{PaymentStatus.FAILED}',
                            '{PaymentStatus.CANCELED}')
           AND a.{IS_OPEN}
        """,  # noqa: S608
    ),
    Invariant(
        "I4",
        "a payment whose payer is asked which number pays has no open attempt",
        f"""
        SELECT p.id
          FROM {{payments}} p
          JOIN payments_attempt a ON a.payment_id = p.id
         WHERE p.payer_choice = '{PayerChoice.OPEN}' AND a.{IS_OPEN}
        """,  # noqa: S608
    ),
    Invariant(
        "I4",
        "an attempt collects what its payment asks for, or was received by it, in its currency",
        """
        SELECT a.id
          FROM {attempts} a
          JOIN {payments} p ON p.id = a.payment_id
         WHERE a.kind = 'collect'
           AND (a.amount NOT IN (p.amount, COALESCE(p.amount_received, p.amount))
                OR a.currency NOT IN ('', p.currency))
        """,
    ),
    Invariant(
        "I4",
        "an attempt's account was chosen by routing, the latest one's is the payment's provider",
        """
        SELECT a.id
          FROM (SELECT id, payment_id, provider_account_id,
                       lead(id) OVER (PARTITION BY payment_id ORDER BY id) IS NULL AS is_latest
                  FROM {attempts} a) a
          JOIN {payments} p ON p.id = a.payment_id
         WHERE NOT p.candidates @> jsonb_build_array(
                   jsonb_build_object('account', a.provider_account_id, 'reason', 'kept')
                   || CASE WHEN a.is_latest THEN jsonb_build_object('provider', p.provider)
                           ELSE '{{}}' END)
           -- Of a number that its payer named before another.
           AND (a.is_latest OR NOT p.candidates @> jsonb_build_array(
                   jsonb_build_object('account', a.provider_account_id, 'reason', 'tried before')))
        """,
    ),
    Invariant(
        "I17",
        "a fee is by a line that held for its merchant when the payment was made",
        """
        SELECT p.id
          FROM {payments} p
         WHERE p.fee_line_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM fees_feeline l
                             JOIN fees_feeplanversion v ON v.id = l.version_id
                             JOIN fees_merchantfeeplan g ON g.plan_id = v.plan_id
                            WHERE l.id = p.fee_line_id AND g.merchant_id = p.merchant_id
                              AND v.valid_from <= p.created_at AND g.valid_from <= p.created_at
                              AND (v.valid_until > p.created_at) IS NOT FALSE
                              AND (g.valid_until > p.created_at) IS NOT FALSE
                              AND l.operation = 'collect'
                              AND l.operator IN ('', p.operator)
                              AND l.method IN ('', p.method)
                              AND l.country IN ('', p.country)
                              AND l.currency IN ('', p.currency))
        """,
    ),
    Invariant(
        "I17",
        "a fee or a tax is by a line",
        """
        SELECT id FROM {payments} p
         WHERE p.fee_line_id IS NULL AND p.fee_tax > 0
        """,
    ),
    Invariant(
        "I14",
        "nothing is still to be sent for a payment an hour past its time",
        """
        SELECT a.id
          FROM payments_dueattempt d
          JOIN payments_attempt a ON a.id = d.attempt_id
          JOIN payments_payment p ON p.id = a.payment_id
         WHERE a.status = 'created' AND p.expires_at < %(now)s - interval '1 hour'
        """,
    ),
    Invariant(
        "I14",
        "no payment is waited for an hour past its time",
        """
        SELECT payment_id FROM payments_paymentstate
         WHERE expires_at < %(now)s - interval '1 hour'
        """,
    ),
    Invariant(
        "I14",
        "a payment is found by what it is, and by nothing else",
        f"""
        SELECT p.id
          FROM {{payments}} p
          LEFT JOIN payments_paymentstate s
            ON (s.merchant_id, s.livemode, s.status, s.operator, s.provider, s.currency)
             = (p.merchant_id, p.livemode, p.status, p.operator, p.provider, p.currency)
           AND s.payment_id = p.id
           AND s.expires_at IS NOT DISTINCT FROM CASE WHEN p.{IS_WAITED_FOR} THEN p.expires_at END
         WHERE s.payment_id IS NULL
         UNION ALL
        SELECT s.payment_id FROM {{payment_states}} s
         GROUP BY s.payment_id
        HAVING count(*) > 1 OR NOT EXISTS (SELECT FROM payments_payment WHERE id = s.payment_id)
        """,  # noqa: S608
    ),
)
