"""What must hold in the books across the apps, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.core.public_ids import sql_digits
from apps.orchestration.invariants import HISTORY_ORDER
from apps.payments.invariants import FINAL
from apps.payments.rules.event_types import CREATED, LATE_SUCCESS, event_type
from apps.payments.transitions import PAYMENT_MOVES, PAYMENT_REPAIRS
from apps.providers.registry import PROFILES
from apps.reconciliation.rules.discrepancy_invariants import DISCREPANCY_INVARIANTS
from apps.reconciliation.rules.pass_invariants import PASS_INVARIANTS
from apps.reconciliation.rules.statement_invariants import STATEMENT_INVARIANTS
from apps.webhooks.invariants import ENVELOPE, read_events

# Rails that name every movement: a success without their reference was not read from them.
NAMING_RAILS = ", ".join(
    f"'{code}'" for code, profile in sorted(PROFILES.items()) if profile.names_every_success
)

# The moves of each payment, numbered as their events are.
NUMBERED_MOVES = f"""
(SELECT payment_id, from_status, to_status, created_at,
        row_number() OVER (PARTITION BY payment_id ORDER BY {HISTORY_ORDER}) AS sequence
   FROM {{changes}} c WHERE attempt_id IS NULL AND owner_type = 'payment')
"""  # noqa: S608 (our own columns)

# The rows of a VALUES list: every move and the type of its event.
TYPES_OF_MOVES = ", ".join(
    f"('{source}', '{to}', '{event_type(source, to)}')"
    for moves in (PAYMENT_MOVES, PAYMENT_REPAIRS)
    for source, targets in moves.items()
    for to in sorted(targets)
)

# The status a payment has in the body of this type of event.
STATUS_OF_TYPE = f"""
CASE e.type WHEN '{CREATED}'
            THEN CASE WHEN p.payer_choice = '' THEN 'pending' ELSE 'requires_action' END
            WHEN '{LATE_SUCCESS}' THEN 'succeeded'
     ELSE substr(e.type, length('payment.') + 1) END
"""


def _as_chosen(column: str) -> str:
    """What a payer's choice of a number may change: then each event has what held at its time."""
    return (
        f"CASE WHEN p.payer_choice = '' THEN to_jsonb(p.{column})"
        f" ELSE e.content #> '{{{{data,{column}}}}}' END"
    )


def _instant(column: str) -> str:
    """As merchants read it."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


INVARIANTS: tuple[Invariant, ...] = (
    *STATEMENT_INVARIANTS,
    *DISCREPANCY_INVARIANTS,
    Invariant(
        "I2",
        "a succeeded payment is booked once, its amount, its fee and the tax on it",
        """
        SELECT p.id
          FROM {payments} p
          LEFT JOIN (SELECT source_id, min(currency) AS currency, max(currency) AS currency_max,
                            count(*) FILTER (WHERE kind IN ('gross', 'pending_gross'))
                                AS gross_count,
                            sum(amount) FILTER (WHERE kind IN ('gross', 'pending_gross')) AS gross,
                            count(*) FILTER (WHERE kind IN ('fee', 'pending_fee')) AS fee_count,
                            sum(amount) FILTER (WHERE kind IN ('fee', 'pending_fee')) AS fee,
                            count(*) FILTER (WHERE kind IN ('fee_tax', 'pending_fee_tax'))
                                AS tax_count,
                            sum(amount) FILTER (WHERE kind IN ('fee_tax', 'pending_fee_tax')) AS tax
                       FROM {transfers} t GROUP BY source_id) booked ON booked.source_id = p.id
         WHERE p.status = 'succeeded'
           AND (booked.gross_count IS DISTINCT FROM 1
                OR booked.gross <> COALESCE(p.amount_received, p.amount)
                OR booked.fee_count <> (p.fee > 0)::int OR COALESCE(booked.fee, 0) <> p.fee
                OR booked.tax_count <> (p.fee_tax > 0)::int OR COALESCE(booked.tax, 0) <> p.fee_tax
                OR booked.currency <> p.currency OR booked.currency_max <> p.currency)
        """,
    ),
    Invariant(
        "I2",
        "nothing is booked as collected without a succeeded payment",
        """
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN payments_payment p ON p.id = t.source_id AND p.status = 'succeeded'
         WHERE p.id IS NULL AND t.kind IN ('gross', 'fee', 'fee_tax', 'reserve_held',
                                            'pending_gross', 'pending_fee', 'pending_fee_tax',
                                            'pending_reserve')
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
               WHEN 'fee_tax' THEN (f.kind, i.kind) = ('merchant_payable', 'tax_payable')
                    AND f.owner_id IS NOT DISTINCT FROM p.merchant_id
               WHEN 'pending_gross'
               THEN (f.kind, i.kind) = ('provider_clearing', 'merchant_pending')
                    AND f.owner_id IS NOT DISTINCT FROM s.provider_account_id
                    AND i.owner_id IS NOT DISTINCT FROM p.merchant_id
               WHEN 'pending_fee' THEN (f.kind, i.kind) = ('merchant_pending', 'fee_revenue')
                    AND f.owner_id IS NOT DISTINCT FROM p.merchant_id
               WHEN 'pending_fee_tax' THEN (f.kind, i.kind) = ('merchant_pending', 'tax_payable')
                    AND f.owner_id IS NOT DISTINCT FROM p.merchant_id
               WHEN 'reserve_held' THEN (f.kind, i.kind) = ('merchant_payable', 'merchant_reserve')
                    AND f.owner_id IS NOT DISTINCT FROM p.merchant_id
                    AND i.owner_id IS NOT DISTINCT FROM p.merchant_id
               WHEN 'pending_reserve'
               THEN (f.kind, i.kind) = ('merchant_pending', 'merchant_reserve')
                    AND f.owner_id IS NOT DISTINCT FROM p.merchant_id
                    AND i.owner_id IS NOT DISTINCT FROM p.merchant_id
               ELSE false END
        """,
    ),
    Invariant(
        "I4",
        "an attempt's account is of its payment's mode, currency and country",
        """
        SELECT a.id
          FROM {attempts} a
          JOIN {payments} p ON p.id = a.payment_id
          JOIN providers_provideraccount x ON x.id = a.provider_account_id
         WHERE (x.livemode, x.currency) IS DISTINCT FROM (p.livemode, p.currency)
            OR (x.country IS DISTINCT FROM p.country
                -- The number that its payer named before another may have been of another one.
                AND (p.payer_choice = ''
                     OR NOT EXISTS (SELECT FROM payments_attempt later
                                     WHERE later.payment_id = p.id AND later.id > a.id)))
        """,
    ),
    Invariant(
        "I4",
        "what succeeded has the provider's reference where the rail gives one",
        f"""
        SELECT a.id
          FROM {{attempts}} a
          JOIN providers_provideraccount x ON x.id = a.provider_account_id
         WHERE a.status = 'succeeded' AND a.provider_reference = ''
           AND x.connector IN ({NAMING_RAILS})
           -- What two people booked nobody was answered.
           AND NOT EXISTS (SELECT FROM payments_statuschange c
                            WHERE c.attempt_id = a.id AND c.payment_id = a.payment_id
                              AND c.to_status = 'succeeded' AND c.source = 'staff')
        """,  # noqa: S608
    ),
    Invariant(
        "I9",
        "a contradiction has its discrepancy, or is on its way to it",
        """
        SELECT a.id
          FROM {attempts} a
         WHERE a.contradiction <> ''
           AND NOT EXISTS (SELECT FROM reconciliation_discrepancy d
                            WHERE d.attempt_id = a.id AND d.kind = 'contradiction')
           AND NOT EXISTS (SELECT FROM core_outboxmessage m
                            WHERE m.topic = 'attempt.contradicted'
                              AND m.payload ->> 'attempt_id' = a.id::text)
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
    Invariant(
        "I6",
        "an event is of the type and the time of its move",
        f"""
        SELECT e.id
          FROM {{events}} e
          JOIN {NUMBERED_MOVES} m ON m.payment_id = e.object_id AND m.sequence = e.sequence
          LEFT JOIN (VALUES {TYPES_OF_MOVES}) AS told (from_status, to_status, type)
            ON told.from_status = m.from_status AND told.to_status = m.to_status
         WHERE e.type IS DISTINCT FROM told.type OR e.created_at <> m.created_at
        """,  # noqa: S608
    ),
    Invariant(
        "I6",
        "an event's body shows its payment as the move left it",
        f"""
        SELECT e.id
          FROM {read_events("true")} e
          JOIN {{payments}} p ON p.id = e.object_id
         WHERE (e.content @> jsonb_build_object({ENVELOPE}, 'data', jsonb_build_object(
                    'id', 'pay_' || {sql_digits("e.object_id_sent")}, 'object', 'payment',
                    'livemode', p.livemode, 'status', {STATUS_OF_TYPE}, 'amount', p.amount,
                    'currency', p.currency, 'country', {_as_chosen("country")},
                    -- Where another amount was accepted, the fee may have become less.
                    'fee', CASE WHEN p.amount_received IS NULL AND p.payer_choice = ''
                                THEN to_jsonb(p.fee) ELSE e.content #> '{{{{data,fee}}}}' END,
                    'operator', {_as_chosen("operator")}, 'reference', p.merchant_reference,
                    'created_at', {_instant("p.created_at")},
                    'expires_at', CASE WHEN p.payer_choice = '' THEN {_instant("p.expires_at")}
                                       ELSE e.content #>> '{{{{data,expires_at}}}}' END,
                    'completed_at',
                    CASE WHEN {STATUS_OF_TYPE} IN {FINAL} THEN {_instant("e.created_at")} END)))
               IS NOT TRUE
            -- Those of before say no tax.
            OR (p.amount_received IS NULL AND p.payer_choice = ''
                AND e.content #> '{{{{data,fee_tax}}}}' <> to_jsonb(p.fee_tax))
            OR (e.sequence = p.sequence
                AND e.content #>> '{{{{data,failure_code}}}}'
                    IS DISTINCT FROM NULLIF(p.failure_code, ''))
            OR (e.sequence = p.sequence AND p.status = 'succeeded'
                AND e.content #> '{{{{data,amount_received}}}}'
                    <> to_jsonb(COALESCE(p.amount_received, p.amount)))
        """,  # noqa: S608
    ),
    *PASS_INVARIANTS,
    Invariant(
        "I14",
        "no open attempt waits a minute past its next check",
        """
        SELECT attempt_id FROM payments_dueattempt
         WHERE next_check_at < %(now)s - interval '60 seconds'
        """,
    ),
    Invariant(
        "I14",
        "no outbox message waits a minute past its time",
        """
        SELECT id FROM core_outboxmessage
         WHERE GREATEST(available_at, leased_until) < %(now)s - interval '60 seconds'
        """,
    ),
    Invariant(
        "I14",
        "an open payment has an open attempt, or a person",
        """
        SELECT p.id
          FROM payments_payment p
         WHERE p.status IN ('pending', 'requires_action', 'authorized', 'verifying')
           -- Its payer says first which number pays; it expires if nobody does.
           AND NOT (p.status = 'requires_action' AND p.payer_choice = 'open')
           AND NOT EXISTS (SELECT FROM payments_attempt a
                            WHERE a.payment_id = p.id
                              AND (a.needs_person
                                   OR a.status NOT IN ('succeeded', 'failed', 'not_sent')))
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
                     LEFT JOIN payments_payment p ON p.id = a.payment_id
                     JOIN providers_provideraccount c
                       ON c.id = a.provider_account_id AND NOT c.livemode)
            ON a.statement_reference = b.reference AND c.connector = b.provider
           AND a.status = 'succeeded'
           AND COALESCE(a.amount, p.amount_received, p.amount) = b.amount
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
