"""What must hold in the books across the apps, one query each."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.invariant import Invariant
from apps.payments.transitions import ATTEMPT_MOVES, PAYMENT_MOVES


def _moves(allowed: Mapping[str, frozenset[str]]) -> str:
    """The rows of a VALUES list: every (from, to) of a table of moves."""
    return ", ".join(
        f"('{source}', '{to}')" for source, targets in allowed.items() for to in sorted(targets)
    )


# While what a withdrawn statement stood for is being matched again, its account is left out.
_SETTLED = """
AND NOT EXISTS (SELECT FROM reconciliation_statementwithdrawal w
                  JOIN reconciliation_statement t ON t.id = w.statement_id
                 WHERE t.provider_account_id = s.provider_account_id AND w.settled_at IS NULL)
"""


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I1",
        "a transfer joins accounts of its currency and of one mode",
        """
        SELECT t.id
          FROM {transfers} t
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE t.currency <> f.currency OR t.currency <> i.currency OR f.livemode <> i.livemode
        """,
    ),
    Invariant(
        "I1",
        "the balances of a currency and mode sum to zero",
        """
        SELECT currency || CASE WHEN livemode THEN ' live' ELSE ' test' END
          FROM (SELECT to_account_id AS account_id, amount FROM {transfers} AS t
                 UNION ALL
                SELECT from_account_id, -amount FROM {transfers} AS t) entry
          JOIN ledger_account a ON a.id = entry.account_id
         GROUP BY currency, livemode
        HAVING sum(amount) <> 0
        """,
    ),
    Invariant(
        "I2",
        "a succeeded payment is booked once, its amount and its fee",
        """
        SELECT p.id
          FROM {payments} p
          LEFT JOIN (SELECT source_id, min(currency) AS currency, max(currency) AS currency_max,
                            count(*) FILTER (WHERE kind = 'gross') AS gross_count,
                            sum(amount) FILTER (WHERE kind = 'gross') AS gross,
                            count(*) FILTER (WHERE kind = 'fee') AS fee_count,
                            sum(amount) FILTER (WHERE kind = 'fee') AS fee
                       FROM {transfers} t GROUP BY source_id) booked ON booked.source_id = p.id
         WHERE p.status = 'succeeded'
           AND (booked.gross_count IS DISTINCT FROM 1 OR booked.gross <> p.amount
                OR booked.fee_count <> (p.fee > 0)::int OR COALESCE(booked.fee, 0) <> p.fee
                OR booked.currency <> p.currency OR booked.currency_max <> p.currency)
        """,
    ),
    Invariant(
        "I2",
        "nothing is booked without a succeeded payment",
        """
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN payments_payment p ON p.id = t.source_id AND p.status = 'succeeded'
         WHERE p.id IS NULL
        """,
    ),
    Invariant(
        "I2",
        "a payment is booked between its own provider, merchant and mode",
        """
        SELECT t.id
          FROM {transfers} t
          JOIN {payments} p ON p.id = t.source_id
          LEFT JOIN {attempts} s ON s.payment_id = p.id AND s.status = 'succeeded'
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE f.livemode <> p.livemode OR i.livemode <> p.livemode
            OR NOT CASE t.kind
               WHEN 'gross' THEN (f.kind, i.kind) = ('provider_clearing', 'merchant_payable')
                    AND f.owner_id IS NOT DISTINCT FROM s.provider_account_id
                    AND i.owner_id IS NOT DISTINCT FROM p.merchant_id
               WHEN 'fee' THEN (f.kind, i.kind) = ('merchant_payable', 'fee_revenue')
                    AND f.owner_id IS NOT DISTINCT FROM p.merchant_id
               ELSE false END
        """,
    ),
    Invariant(
        "I3",
        "every move is one the tables allow",
        f"""
        SELECT c.id
          FROM {{changes}} c
         WHERE (c.attempt_id IS NULL
                AND (from_status, to_status) NOT IN (VALUES {_moves(PAYMENT_MOVES)}))
            OR (c.attempt_id IS NOT NULL
                AND (from_status, to_status) NOT IN (VALUES {_moves(ATTEMPT_MOVES)}))
        """,  # noqa: S608 (our own tables)
    ),
    Invariant(
        "I3",
        "a payment's history is one path to its status",
        """
        SELECT p.id
          FROM {payments} p
          LEFT JOIN (SELECT payment_id, array_agg(from_status::text ORDER BY id) AS froms,
                            array_agg(to_status::text ORDER BY id) AS tos
                       FROM {changes} c WHERE attempt_id IS NULL
                      GROUP BY payment_id) path ON path.payment_id = p.id
         WHERE array_append(path.froms, p.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
        """,
    ),
    Invariant(
        "I3",
        "an attempt's history is one path to its status",
        """
        SELECT a.id
          FROM {attempts} a
          LEFT JOIN (SELECT attempt_id, array_agg(from_status::text ORDER BY id) AS froms,
                            array_agg(to_status::text ORDER BY id) AS tos
                       FROM {changes} c WHERE attempt_id IS NOT NULL
                      GROUP BY attempt_id) path ON path.attempt_id = a.id
         WHERE array_append(path.froms, a.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
        """,
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
        "a payment succeeded exactly if an attempt did",
        """
        SELECT p.id
          FROM {payments} p
          LEFT JOIN (SELECT DISTINCT payment_id FROM {attempts} a
                      WHERE status = 'succeeded') done ON done.payment_id = p.id
         WHERE (p.status = 'succeeded') <> (done.payment_id IS NOT NULL)
        """,
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
    Invariant(
        "I6",
        "every move of a payment has its event, numbered without a gap",
        """
        SELECT p.id
          FROM {payments} p
          LEFT JOIN (SELECT payment_id, count(*) AS count FROM {changes} c
                      WHERE attempt_id IS NULL GROUP BY payment_id) moved
            ON moved.payment_id = p.id
          LEFT JOIN (SELECT object_id, count(*) AS count, min(sequence) AS first,
                            max(sequence) AS last, sum(sequence) AS sum
                       FROM {events} e GROUP BY object_id) told ON told.object_id = p.id
         WHERE COALESCE(moved.count, 0) <> p.sequence OR COALESCE(told.count, 0) <> p.sequence
            OR told.first <> 1 OR told.last <> p.sequence
            OR told.sum <> p.sequence * (p.sequence + 1) / 2
        """,
    ),
    Invariant(
        "I6",
        "an event of a payment belongs to its merchant and mode",
        """
        SELECT e.id
          FROM {events} e
          LEFT JOIN payments_payment p ON p.id = e.object_id
         WHERE e.type LIKE 'payment.%%'
           AND (p.id IS NULL OR p.merchant_id <> e.merchant_id OR p.livemode <> e.livemode)
        """,
    ),
    # An endpoint made in the very seconds of an event may have missed it.
    Invariant(
        "I7",
        "every event is on its way to each endpoint that wanted it",
        """
        SELECT e.id
          FROM {events} e
          JOIN webhooks_endpoint w
            ON w.merchant_id = e.merchant_id AND w.livemode = e.livemode
           AND w.is_enabled
           AND COALESCE(w.subscribed_at, w.created_at) < e.created_at - interval '10 seconds'
           AND CASE WHEN cardinality(w.event_types) = 0 THEN NOT e.type = ANY(%(on_request)s)
                    ELSE e.type = ANY(w.event_types) AND e.type <> 'webhook_endpoint.test' END
         WHERE NOT EXISTS (SELECT FROM webhooks_delivery d
                            WHERE d.event_id = e.id AND d.endpoint_id = w.id)
        """,
    ),
    Invariant(
        "I7",
        "no delivery to an endpoint that takes them waits a minute past its time",
        """
        SELECT d.id FROM webhooks_delivery d
          JOIN webhooks_endpoint w ON w.id = d.endpoint_id
         WHERE d.status = 'pending' AND d.next_attempt_at < %(now)s - interval '60 seconds'
           AND w.is_enabled AND w.paused_at IS NULL AND w.deleted_at IS NULL
           AND w.failing_since IS NULL
        """,
    ),
    Invariant(
        "I9",
        "a statement has every line it was read with, none waiting once matched",
        """
        SELECT s.id
          FROM {statements} s
          LEFT JOIN (SELECT statement_id, count(*) AS count,
                            count(*) FILTER (WHERE problem <> '') AS broken,
                            count(*) FILTER (WHERE match = 'waiting') AS waiting
                       FROM {lines} l GROUP BY statement_id) kept ON kept.statement_id = s.id
         WHERE COALESCE(kept.count, 0) <> s.lines_read
            OR COALESCE(kept.broken, 0) <> s.lines_broken
            OR (s.status = 'matched' AND kept.waiting > 0)
        """,
    ),
    Invariant(
        "I9",
        "a matched line agrees with its attempt",
        """
        SELECT l.id
          FROM {lines} l
          LEFT JOIN payments_attempt a ON a.id = l.attempt_id
          LEFT JOIN payments_payment p ON p.id = a.payment_id
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status <> 'withdrawn'
         WHERE l.match = 'matched'
           AND (p.id IS NULL OR l.amount IS DISTINCT FROM p.amount OR l.currency <> p.currency
                OR (l.outcome = 'succeeded') <> (a.status = 'succeeded'))
        """,
    ),
    Invariant(
        "I9",
        "an attempt's money is matched by one line",
        """
        SELECT l.id
          FROM {lines} l
          JOIN reconciliation_statementline b ON b.attempt_id = l.attempt_id AND b.id <> l.id
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status <> 'withdrawn'
          JOIN reconciliation_statement t ON t.id = b.statement_id AND t.status <> 'withdrawn'
         WHERE l.match = 'matched' AND b.match = 'matched'
           AND l.outcome = 'succeeded' AND b.outcome = 'succeeded'
        """,
    ),
    Invariant(
        "I9",
        "a line is an exception exactly if a discrepancy carries it",
        """
        SELECT l.id
          FROM {lines} l
          LEFT JOIN (SELECT line_id, bool_or(status = 'open') AS is_open
                       FROM reconciliation_discrepancy
                      WHERE line_id IS NOT NULL AND status IN ('open', 'resolved')
                      GROUP BY line_id) d ON d.line_id = l.id
          JOIN reconciliation_statement s ON s.id = l.statement_id
         WHERE (l.match = 'exception' AND d.line_id IS NULL AND s.status <> 'withdrawn')
            OR ((l.match <> 'exception' OR s.status = 'withdrawn') AND d.is_open)
        """,
    ),
    Invariant(
        "I9",
        "a line that was seen before is the same as an earlier one that counts",
        f"""
        SELECT l.id
          FROM {{lines}} l
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status = 'matched'
          LEFT JOIN (reconciliation_statementline e
                     JOIN reconciliation_statement t
                       ON t.id = e.statement_id AND t.status <> 'withdrawn')
            ON e.id = l.counted_as_id AND e.match IN ('matched', 'exception')
           AND t.provider_account_id = s.provider_account_id
           AND (t.created_at, t.id) < (s.created_at, s.id)
           AND (e.reference, e.provider_reference, e.amount, e.fee, e.currency, e.outcome,
                e.problem)
               IS NOT DISTINCT FROM
               (l.reference, l.provider_reference, l.amount, l.fee, l.currency, l.outcome,
                l.problem)
         WHERE l.match = 'seen_before' AND e.id IS NULL
           {_SETTLED}
        """,  # noqa: S608 (our own condition)
    ),
    Invariant(
        "I9",
        "a superseded line has a newer statement of its day or its movement",
        f"""
        SELECT l.id
          FROM {{lines}} l
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status = 'matched'
         WHERE l.match = 'superseded'
           AND NOT EXISTS (SELECT FROM reconciliation_statement t
                            WHERE t.provider_account_id = s.provider_account_id
                              AND t.status = 'matched'
                              AND (t.created_at, t.id) > (s.created_at, s.id)
                              AND t.day > s.day - s.days AND s.day > t.day - t.days)
           AND NOT EXISTS (SELECT FROM reconciliation_statementline e
                             JOIN reconciliation_statement t ON t.id = e.statement_id
                            WHERE e.provider_reference = l.provider_reference
                              AND (e.provider_reference <> '' OR e.reference = l.reference)
                              AND t.provider_account_id = s.provider_account_id
                              AND t.status = 'matched'
                              AND (t.created_at, t.id) > (s.created_at, s.id))
           {_SETTLED}
        """,  # noqa: S608 (our own condition)
    ),
    # Only days whose report came after they had ended: of today's there is more to come.
    Invariant(
        "I9",
        "what succeeded on a covered day is in a report, or open",
        f"""
        SELECT a.id
          FROM {{attempts}} a
          JOIN providers_provideraccount p ON p.id = a.provider_account_id
          JOIN reconciliation_statementday c
            ON c.provider_account_id = p.id AND c.is_whole
           AND c.day = (a.completed_at AT TIME ZONE p.timezone)::date
          JOIN reconciliation_statement s ON s.id = c.statement_id AND s.status = 'matched'
         WHERE a.status = 'succeeded'
           AND NOT EXISTS (SELECT FROM reconciliation_statementline l
                             JOIN reconciliation_statement t
                               ON t.id = l.statement_id AND t.status <> 'withdrawn'
                            WHERE l.attempt_id = a.id AND l.match IN ('matched', 'exception'))
           AND NOT EXISTS (SELECT FROM reconciliation_discrepancy d
                            WHERE d.attempt_id = a.id AND d.kind = 'unknown_to_them'
                              AND d.status IN ('open', 'resolved'))
           {_SETTLED}
        """,  # noqa: S608 (our own condition)
    ),
    # Of accounts whose reports are imported; a day is due at nine the next morning, and opened
    # within the hour.
    Invariant(
        "I9",
        "every day with money has its report, or is open",
        """
        SELECT DISTINCT p.id || ' ' || (a.completed_at AT TIME ZONE p.timezone)::date
          FROM {attempts} a
          JOIN providers_provideraccount p ON p.id = a.provider_account_id
         WHERE a.status = 'succeeded'
           AND (a.completed_at AT TIME ZONE p.timezone)::date
               < ((%(now)s::timestamptz - interval '10 hours') AT TIME ZONE p.timezone)::date
           AND EXISTS (SELECT FROM reconciliation_statementday c
                        WHERE c.provider_account_id = p.id)
           AND NOT EXISTS (SELECT FROM reconciliation_statementday c
                             JOIN reconciliation_statement s ON s.id = c.statement_id
                            WHERE c.provider_account_id = p.id AND c.is_whole
                              AND s.status <> 'withdrawn'
                              AND c.day = (a.completed_at AT TIME ZONE p.timezone)::date)
           AND NOT EXISTS (SELECT FROM reconciliation_discrepancy d
                            WHERE d.provider_account_id = p.id AND d.kind = 'missing_statement'
                              AND d.status IN ('open', 'resolved')
                              AND d.day = (a.completed_at AT TIME ZONE p.timezone)::date)
        """,
    ),
    # By induction from the snapshot before: the whole history is summed once.
    Invariant(
        "I13",
        "a balance snapshot is the sum of the transfers before it",
        """
        SELECT s.id
          FROM {snapshots} s
          LEFT JOIN LATERAL (SELECT balance, taken_at FROM ledger_balancesnapshot
                              WHERE account_id = s.account_id AND taken_at < s.taken_at
                              ORDER BY taken_at DESC LIMIT 1) before ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE to_account_id = s.account_id AND created_at < s.taken_at
                                AND created_at >= COALESCE(before.taken_at, '-infinity')) i
            ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE from_account_id = s.account_id AND created_at < s.taken_at
                                AND created_at >= COALESCE(before.taken_at, '-infinity')) o
            ON true
         WHERE s.balance <> COALESCE(before.balance, 0)
                            + COALESCE(i.total, 0) - COALESCE(o.total, 0)
        """,
    ),
    # A created attempt waits for its outbox message, which may be waiting for a retry.
    Invariant(
        "I14",
        "no open attempt waits a minute past its next check",
        """
        SELECT a.id
          FROM payments_attempt a
         WHERE a.status NOT IN ('succeeded', 'failed', 'not_sent')
           AND a.next_check_at < %(now)s - interval '60 seconds'
           AND (a.status <> 'created'
                OR NOT EXISTS (SELECT FROM core_outboxmessage m
                                WHERE m.payload ->> 'attempt_id' = a.id::text))
        """,
    ),
    Invariant(
        "I14",
        "no outbox message waits a minute past its time",
        """
        SELECT id FROM core_outboxmessage
         WHERE available_at < %(now)s - interval '60 seconds'
        """,
    ),
    Invariant(
        "I14",
        "an open payment has an open attempt or a message on its way",
        """
        SELECT p.id
          FROM payments_payment p
         WHERE p.status IN ('pending', 'requires_action', 'authorized', 'verifying')
           AND NOT EXISTS (SELECT FROM payments_attempt a
                            WHERE a.payment_id = p.id
                              AND a.status NOT IN ('succeeded', 'failed', 'not_sent'))
           AND NOT EXISTS (SELECT FROM core_outboxmessage m
                            WHERE m.payload ->> 'payment_id' = p.id::text)
        """,
    ),
    Invariant(
        "I14",
        "a staged statement is matched within the hour",
        """
        SELECT id FROM reconciliation_statement
         WHERE status = 'staged' AND created_at < %(now)s - interval '1 hour'
        """,
    ),
    Invariant(
        "I14",
        "what a withdrawn statement stood for is matched again within the hour",
        """
        SELECT statement_id FROM reconciliation_statementwithdrawal
         WHERE settled_at IS NULL AND withdrawn_at < %(now)s - interval '1 hour'
        """,
    ),
)

# `book` holds a simulator's own books: (provider, reference, amount, executed). Its references
# are what our attempts sent, in the form the provider writes them.
BOOK_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I4",
        "what the provider executed succeeded with us, for the same amount",
        """
        SELECT b.provider || ' ' || b.reference
          FROM book b
          LEFT JOIN (payments_attempt a
                     JOIN payments_payment p ON p.id = a.payment_id
                     JOIN providers_provideraccount c
                       ON c.id = a.provider_account_id AND NOT c.livemode)
            ON a.statement_reference = b.reference AND c.connector = b.provider
           AND a.status = 'succeeded' AND p.amount = b.amount
         WHERE b.executed > 0 AND a.id IS NULL
        """,
    ),
    Invariant(
        "I4",
        "what succeeded with us the provider executed",
        """
        SELECT a.id
          FROM {attempts} a
          JOIN providers_provideraccount c ON c.id = a.provider_account_id AND NOT c.livemode
          LEFT JOIN book b
            ON b.reference = a.statement_reference AND b.provider = c.connector AND b.executed > 0
         WHERE a.status = 'succeeded' AND b.reference IS NULL
           AND c.connector IN (SELECT provider FROM provider_in_book)
        """,
    ),
    Invariant(
        "I4",
        "the provider executed each reference once",
        """
        SELECT provider || ' ' || reference FROM book
         GROUP BY provider, reference HAVING sum(executed) > 1
        """,
    ),
    Invariant(
        "I4",
        "a payer was debited once for a payment",
        """
        SELECT a.payment_id
          FROM book b
          JOIN payments_attempt a ON a.statement_reference = b.reference
          JOIN providers_provideraccount c
            ON c.id = a.provider_account_id AND c.connector = b.provider AND NOT c.livemode
         GROUP BY a.payment_id HAVING sum(b.executed) > 1
        """,
    ),
)
