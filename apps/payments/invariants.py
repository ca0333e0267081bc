"""What must hold among payments, their attempts and the history of both, one query each."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.invariant import Invariant
from apps.core.public_ids import sql_digits
from apps.payments.models import ATTEMPT_FINAL, PaymentStatus
from apps.payments.rules.poll_schedule import LAST_STEP_S
from apps.payments.transitions import (
    ATTEMPT_MOVES,
    ATTEMPT_REPAIRS,
    PAYMENT_MOVES,
    PAYMENT_REPAIRS,
)

# The order of the moves of one payment, or of one attempt.
HISTORY_ORDER = "sequence NULLS FIRST, id"

# Our reference as providers' statements write it: apps/providers/connectors, statement_reference.
STATEMENT_REFERENCES = (
    "reference::text",
    "replace(reference::text, '-', '')",
    sql_digits("uuid_send(reference)"),
)

FINAL = "('succeeded', 'failed', 'expired', 'canceled')"
IS_WAITED_FOR = "status IN ('pending', 'requires_action')"
IS_OPEN = f"status NOT IN ({', '.join(repr(status.value) for status in ATTEMPT_FINAL)})"

# Two hosts need not agree on the second.
SKEW = "interval '1 minute'"


def _moves(allowed: Mapping[str, frozenset[str]]) -> str:
    """The rows of a VALUES list: every (from, to) of a table of moves."""
    return ", ".join(
        f"('{source}', '{to}')" for source, targets in allowed.items() for to in sorted(targets)
    )


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I3",
        "every move is one the tables allow",
        f"""
        SELECT c.id
          FROM {{changes}} c
         WHERE (c.attempt_id IS NULL
                AND (from_status, to_status) NOT IN (VALUES {_moves(PAYMENT_MOVES)})
                AND NOT (c.source = 'staff'
                         AND (from_status, to_status) IN (VALUES {_moves(PAYMENT_REPAIRS)})))
            OR (c.attempt_id IS NOT NULL
                AND (from_status, to_status) NOT IN (VALUES {_moves(ATTEMPT_MOVES)})
                AND NOT (c.source = 'staff'
                         AND (from_status, to_status) IN (VALUES {_moves(ATTEMPT_REPAIRS)})))
        """,  # noqa: S608 (our own tables)
    ),
    Invariant(
        "I3",
        "a move is of a payment that is there, and of an attempt of that payment",
        """
        SELECT c.id
          FROM {changes} c
          LEFT JOIN payments_payment p ON p.id = c.payment_id
          LEFT JOIN payments_attempt a ON a.id = c.attempt_id AND a.payment_id = c.payment_id
         WHERE p.id IS NULL OR (c.attempt_id IS NOT NULL AND a.id IS NULL)
        """,
    ),
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
        "an attempt's history is one path to its status, numbered without a gap",
        f"""
        SELECT a.id
          FROM {{attempts}} a
          LEFT JOIN (SELECT attempt_id,
                            array_agg(from_status::text ORDER BY {HISTORY_ORDER}) AS froms,
                            array_agg(to_status::text ORDER BY {HISTORY_ORDER}) AS tos,
                            count(sequence) AS numbered, max(sequence) AS last
                       FROM {{changes}} c WHERE attempt_id IS NOT NULL
                      GROUP BY attempt_id) path ON path.attempt_id = a.id
         WHERE array_append(path.froms, a.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
            OR (path.numbered, COALESCE(path.last, 0)) <> (a.sequence, a.sequence)
        """,  # noqa: S608
    ),
    Invariant(
        "I3",
        "a move is dated between its neighbours, and when its id was made",
        f"""
        SELECT id
          FROM (SELECT id, created_at, lag(created_at) OVER (
                       PARTITION BY payment_id, attempt_id ORDER BY {HISTORY_ORDER}) AS before
                  FROM {{changes}} c) dated
         WHERE before > created_at + {SKEW} OR created_at > %(now)s + {SKEW}
            OR abs(extract(epoch FROM created_at - uuid_extract_timestamp(id))) > 3600
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
    Invariant(
        "I3",
        "an attempt is dated by its history, and has an end and a reason if it should",
        f"""
        SELECT a.id
          FROM {{attempts}} a
          LEFT JOIN (SELECT attempt_id,
                            min(created_at) FILTER (WHERE from_status = '') AS born_at,
                            min(created_at) FILTER (WHERE to_status = 'submitted') AS sent_at,
                            array_agg(created_at) AS times
                       FROM {{changes}} c WHERE attempt_id IS NOT NULL
                      GROUP BY attempt_id) moved ON moved.attempt_id = a.id
         WHERE a.created_at IS DISTINCT FROM moved.born_at
            OR (a.submitted_at IS NOT NULL) <> (moved.sent_at IS NOT NULL)
            OR a.submitted_at < moved.sent_at - {SKEW} OR a.submitted_at > %(now)s + {SKEW}
            OR (a.completed_at IS NOT NULL) <> (NOT {IS_OPEN})
            OR NOT a.completed_at = ANY(moved.times)
            OR (a.status = 'failed' AND a.failure_code = '')
        """,  # noqa: S608
    ),
    Invariant(
        "I4",
        "at most one attempt of a payment succeeded",
        """
        SELECT payment_id FROM {attempts} a WHERE status = 'succeeded'
         GROUP BY payment_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "I4",
        "a payment succeeded exactly if an attempt did, or a person was called",
        """
        SELECT p.id
          FROM {payments} p
          LEFT JOIN (SELECT payment_id, bool_or(needs_person) AS needs_person FROM {attempts} a
                      WHERE status = 'succeeded' GROUP BY payment_id) done
            ON done.payment_id = p.id
         WHERE (p.status = 'succeeded') <> (done.payment_id IS NOT NULL)
           AND done.needs_person IS NOT TRUE
        """,
    ),
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
        "a provider's reference names one succeeded attempt",
        """
        SELECT a.id
          FROM {attempts} a
          JOIN payments_attempt b
            ON b.provider_account_id = a.provider_account_id
           AND b.provider_reference = a.provider_reference AND b.id <> a.id
         WHERE a.status = 'succeeded' AND b.status = 'succeeded' AND a.provider_reference <> ''
        """,
    ),
    # The keys under which MTN and Orange give it. It may have been cut to fit its column.
    Invariant(
        "I4",
        "an attempt's provider reference is the one it was answered",
        """
        SELECT a.id
          FROM {attempts} a
         WHERE left(COALESCE(NULLIF(raw ->> 'financialTransactionId', ''),
                             NULLIF(raw ->> 'txnid', '')), 64) <> provider_reference
        """,
    ),
    Invariant(
        "I4",
        "an attempt's statement reference follows from its reference",
        f"""
        SELECT a.id
          FROM {{attempts}} a
         WHERE NOT ({" OR ".join(f"statement_reference = {one}" for one in STATEMENT_REFERENCES)})
        """,  # noqa: S608
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
        """,
    ),
    Invariant(
        "I14",
        "no open attempt is asked about later than the poll schedule has it",
        f"""
        SELECT attempt_id FROM payments_dueattempt
         WHERE next_check_at > %(now)s + interval '{LAST_STEP_S} s' + {SKEW}
        """,  # noqa: S608
    ),
    # Bounded by age, whatever its next check says: a loop that fails keeps pushing that ahead.
    Invariant(
        "I14",
        "an attempt open for a day is somebody's, and none hangs on its way out",
        f"""
        SELECT a.id
          FROM payments_dueattempt d
          JOIN payments_attempt a ON a.id = d.attempt_id
          JOIN payments_payment p ON p.id = a.payment_id
         WHERE a.{IS_OPEN}
           AND ((a.status <> 'created' AND NOT a.needs_person
                 AND a.created_at < %(now)s - interval '26 hours')
                OR (a.status = 'submitted' AND NOT a.needs_person
                    AND a.submitted_at < %(now)s - interval '1 hour')
                OR (a.status = 'created' AND p.expires_at < %(now)s - interval '1 hour'))
        """,  # noqa: S608
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
    Invariant(
        "I14",
        "an open attempt stands in its queue, once, and one that is over in none",
        f"""
        SELECT a.id
          FROM {{attempts}} a
         WHERE {IS_OPEN}
           AND NOT EXISTS (SELECT FROM payments_dueattempt d
                            WHERE d.is_sent = (a.status <> 'created')
                              AND d.provider_account_id = a.provider_account_id
                              AND d.next_check_at = a.next_check_at AND d.attempt_id = a.id)
         UNION ALL
        SELECT d.attempt_id
          FROM payments_dueattempt d
          LEFT JOIN payments_attempt a
            ON a.id = d.attempt_id AND a.provider_account_id = d.provider_account_id
           AND a.next_check_at = d.next_check_at AND (a.status <> 'created') = d.is_sent
           AND a.{IS_OPEN}
         WHERE a.id IS NULL
        """,  # noqa: S608
    ),
    Invariant(
        "I14",
        "an attempt is spent exactly if it failed or was not sent",
        """
        SELECT id FROM {attempts} a
         WHERE spent_id IS DISTINCT FROM CASE WHEN status IN ('failed', 'not_sent') THEN id END
        """,
    ),
)
