"""What must hold among payouts, their history, attempts, bookings and events, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.core.public_ids import sql_digits
from apps.ledger.invariants import booked_by_status, quoted
from apps.ledger.rules.outgoing import PAYOUT_KINDS
from apps.orchestration.invariants import (
    IS_OPEN,
    moves_by_table,
    succeeded_by_attempt,
    waits_with_its_approval,
)
from apps.orchestration.rules.never_sent import never_sent
from apps.payouts.rules.approvable import SEND
from apps.payouts.rules.event_types import APPROVED, CREATED, LATE_SUCCESS, event_type
from apps.payouts.transitions import FINAL as FINAL_STATUSES
from apps.payouts.transitions import PAYOUT_MOVES, PAYOUT_REPAIRS
from apps.webhooks.invariants import ENVELOPE, read_events

FINAL = "(" + ", ".join(f"'{status.value}'" for status in sorted(FINAL_STATUSES)) + ")"

# The rows of a VALUES list: every move and the type of its event.
TYPES_OF_MOVES = ", ".join(
    f"('{source}', '{to}', '{event_type(source, to)}')"
    for moves in (PAYOUT_MOVES, PAYOUT_REPAIRS)
    for source, targets in moves.items()
    for to in sorted(targets)
)

# The status a payout has in the body of this type of event.
STATUS_OF_TYPE = f"""
CASE WHEN e.type IN ('{CREATED}', '{APPROVED}') THEN 'pending'
     WHEN e.type = '{LATE_SUCCESS}' THEN 'succeeded'
     ELSE substr(e.type, length('payout.') + 1) END
"""

INVARIANTS: tuple[Invariant, ...] = (
    moves_by_table("payout", PAYOUT_MOVES, PAYOUT_REPAIRS),
    Invariant(
        "I3",
        "an attempt, a move and a booking of a payout is of one that is there",
        """
        SELECT a.id
          FROM {attempts} a
          LEFT JOIN payouts_payout p ON p.id = a.payment_id
         WHERE a.owner_type = 'payout' AND p.id IS NULL
         UNION ALL
        SELECT c.id
          FROM {changes} c
          LEFT JOIN payouts_payout p ON p.id = c.payment_id
         WHERE c.owner_type = 'payout' AND p.id IS NULL
         UNION ALL
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN payouts_payout p ON p.id = t.source_id
         WHERE t.kind LIKE 'payout_%%' AND p.id IS NULL
        """,
    ),
    Invariant(
        "I3",
        "a payout's history is one path to its status, numbered without a gap",
        """
        SELECT p.id
          FROM {payouts} p
          LEFT JOIN (SELECT payment_id,
                            array_agg(from_status::text ORDER BY sequence) AS froms,
                            array_agg(to_status::text ORDER BY sequence) AS tos,
                            array_agg(sequence ORDER BY sequence) AS numbers
                       FROM {changes} c WHERE attempt_id IS NULL
                      GROUP BY payment_id) path ON path.payment_id = p.id
         WHERE array_append(path.froms, p.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
            OR path.numbers <> ARRAY(SELECT generate_series(1, p.sequence))
        """,
    ),
    Invariant(
        "I3",
        "a payout is dated by its history, and has an end and a reason exactly if it should",
        f"""
        SELECT p.id
          FROM {{payouts}} p
          LEFT JOIN (SELECT payment_id,
                            min(created_at) FILTER (WHERE from_status = '') AS born_at,
                            (array_agg(created_at ORDER BY sequence DESC)
                             FILTER (WHERE to_status IN {FINAL}))[1] AS ended_at
                       FROM {{changes}} c WHERE attempt_id IS NULL
                      GROUP BY payment_id) moved ON moved.payment_id = p.id
         WHERE p.created_at IS DISTINCT FROM moved.born_at
            OR p.completed_at IS DISTINCT FROM moved.ended_at
            OR (p.completed_at IS NOT NULL) <> (p.status IN {FINAL})
            OR (p.failure_code <> '') <> (p.status = 'failed')
        """,  # noqa: S608
    ),
    succeeded_by_attempt("payout"),
    Invariant(
        "I4",
        "a payout has attempts, and none of them open once it is over; none at all before it is"
        " approved, or if it never was",
        f"""
        SELECT p.id
          FROM {{payouts}} p
          LEFT JOIN (SELECT payment_id, bool_or({IS_OPEN}) AS is_open
                       FROM payments_attempt GROUP BY payment_id) tried ON tried.payment_id = p.id
         WHERE (tried.payment_id IS NULL) <> {never_sent("p")}
            OR (p.status IN {FINAL} AND tried.is_open)
        """,  # noqa: S608
    ),
    Invariant(
        "I4",
        "a payout's attempt sends its amount from an account that routing chose",
        """
        SELECT a.id
          FROM (SELECT *, lead(id) OVER (PARTITION BY payment_id ORDER BY id) IS NULL AS is_latest
                  FROM {attempts} a WHERE owner_type = 'payout') a
          JOIN {payouts} p ON p.id = a.payment_id
          JOIN providers_provideraccount x ON x.id = a.provider_account_id
         WHERE (x.livemode, x.currency, x.country)
               IS DISTINCT FROM (p.livemode, p.currency, p.country)
            OR (a.kind, a.amount, a.currency)
               IS DISTINCT FROM ('disburse', p.amount, p.currency)
            OR NOT p.candidates @> jsonb_build_array(
                   jsonb_build_object('account', a.provider_account_id, 'reason', 'kept')
                   || CASE WHEN a.is_latest THEN jsonb_build_object('provider', p.provider)
                           ELSE '{{}}' END)
        """,
    ),
    Invariant(
        "I2",
        "a payout's amount is held once, then sent or returned once, as its status says; held again"
        " is what was returned and sent after all",
        booked_by_status("{payouts}", PAYOUT_KINDS.amount, "amount"),
    ),
    Invariant(
        "I22",
        "the fee of a payout and the tax on it are held with the amount, then ours if it was sent"
        " and the merchant's again if not",
        f"""
        {booked_by_status("{payouts}", PAYOUT_KINDS.fee, "fee")}
         UNION ALL
        {booked_by_status("{payouts}", PAYOUT_KINDS.tax, "fee_tax")}
        """,
    ),
    Invariant(
        "I2",
        "nothing else is booked of a payout",
        f"""
        SELECT t.id
          FROM {{payouts}} p
          JOIN {{transfers}} t ON t.source_id = p.id
         WHERE t.kind NOT IN ({quoted(PAYOUT_KINDS)})
        """,  # noqa: S608 (our own words)
    ),
    Invariant(
        "I2",
        "a payout is booked between its own merchant, provider and mode",
        """
        SELECT t.id
          FROM {transfers} t
          JOIN {payouts} p ON p.id = t.source_id
          LEFT JOIN {attempts} s ON s.id = t.attempt_id AND s.status = 'succeeded'
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE f.livemode <> p.livemode OR i.livemode <> p.livemode
            OR f.owner_id IS DISTINCT FROM p.merchant_id
            OR i.owner_id IS DISTINCT FROM
               CASE WHEN t.kind = 'payout_sent' THEN s.provider_account_id
                    WHEN t.kind IN ('payout_fee', 'payout_tax') THEN NULL
                    ELSE p.merchant_id END
            OR CASE WHEN t.kind IN ('payout_sent', 'payout_fee', 'payout_tax')
                    THEN t.attempt_id IS NULL OR s.id IS NULL
                    WHEN t.kind IN ('payout_held', 'payout_fee_held', 'payout_tax_held')
                    THEN t.attempt_id <> COALESCE(s.id, p.id)
                    ELSE t.attempt_id IS NOT NULL END
            OR (t.kind, f.kind, i.kind) NOT IN (
               VALUES ('payout_held', 'merchant_payable', 'merchant_held'),
                      ('payout_returned', 'merchant_held', 'merchant_payable'),
                      ('payout_sent', 'merchant_held', 'provider_clearing'),
                      ('payout_fee_held', 'merchant_payable', 'merchant_held'),
                      ('payout_fee_back', 'merchant_held', 'merchant_payable'),
                      ('payout_fee', 'merchant_held', 'fee_revenue'),
                      ('payout_tax_held', 'merchant_payable', 'merchant_held'),
                      ('payout_tax_back', 'merchant_held', 'merchant_payable'),
                      ('payout_tax', 'merchant_held', 'tax_payable'))
        """,
    ),
    # What refunds and disputes hold is theirs to explain.
    Invariant(
        "I2",
        "what payouts hold of a merchant is the sum of those under way",
        f"""
        SELECT h.id
          FROM ledger_account h
          JOIN ledger_balance b ON b.account_id = h.id
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE to_account_id = h.id AND kind NOT LIKE 'payout_%%') i ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE from_account_id = h.id AND kind NOT LIKE 'payout_%%') o ON true
          LEFT JOIN (SELECT merchant_id, livemode, currency, sum(amount + fee + fee_tax) AS total
                       FROM payouts_payout WHERE status NOT IN {FINAL}
                      GROUP BY merchant_id, livemode, currency) under_way
            ON (under_way.merchant_id, under_way.livemode, under_way.currency)
             = (h.owner_id, h.livemode, h.currency)
         WHERE h.kind = 'merchant_held'
           AND b.amount - COALESCE(i.total, 0) + COALESCE(o.total, 0)
               <> COALESCE(under_way.total, 0)
        """,  # noqa: S608
    ),
    Invariant(
        "I6",
        "every move of a payout has its event, numbered without a gap, of its merchant and mode",
        """
        SELECT p.id
          FROM {payouts} p
          LEFT JOIN (SELECT object_id, array_agg(sequence ORDER BY sequence) AS numbers,
                            count(DISTINCT (merchant_id, livemode)) AS owners,
                            min(merchant_id::text) AS merchant_id, bool_or(livemode) AS livemode
                       FROM {events} e GROUP BY object_id) told ON told.object_id = p.id
         WHERE told.numbers IS DISTINCT FROM ARRAY(SELECT generate_series(1, p.sequence))
            OR (told.owners, told.merchant_id, told.livemode)
               IS DISTINCT FROM (1, p.merchant_id::text, p.livemode)
        """,
    ),
    Invariant(
        "I6",
        "an event of a payout is of one that is there, and of the type and time of its move",
        f"""
        SELECT e.id
          FROM {{events}} e
          LEFT JOIN {{changes}} c
            ON c.payment_id = e.object_id AND c.attempt_id IS NULL AND c.sequence = e.sequence
           AND c.owner_type = 'payout'
          LEFT JOIN (VALUES {TYPES_OF_MOVES}) AS told (from_status, to_status, type)
            ON told.from_status = c.from_status AND told.to_status = c.to_status
         WHERE (e.type LIKE 'payout.%%' OR c.id IS NOT NULL)
           AND (e.type IS DISTINCT FROM told.type OR e.created_at IS DISTINCT FROM c.created_at)
        """,  # noqa: S608
    ),
    Invariant(
        "I6",
        "an event's body shows its payout as the move left it",
        f"""
        SELECT e.id
          FROM {read_events("e.type LIKE 'payout.%%'")} e
          JOIN {{payouts}} p ON p.id = e.object_id
         WHERE (e.content @> jsonb_build_object({ENVELOPE}, 'data', jsonb_build_object(
                    'id', 'po_' || {sql_digits("e.object_id_sent")}, 'object', 'payout',
                    'livemode', p.livemode, 'status', {STATUS_OF_TYPE}, 'amount', p.amount,
                    'currency', p.currency, 'country', p.country, 'operator', p.operator,
                    'reference', p.merchant_reference)))
               IS NOT TRUE
            OR (e.sequence = p.sequence
                AND e.content #>> '{{{{data,failure_code}}}}'
                    IS DISTINCT FROM NULLIF(p.failure_code, ''))
        """,  # noqa: S608
    ),
    Invariant(
        "I14",
        "a payout under way has an open attempt, or a person",
        f"""
        SELECT p.id
          FROM payouts_payout p
         WHERE p.status NOT IN {FINAL} AND p.status <> 'needs_approval'
           AND NOT EXISTS (SELECT FROM payments_attempt a
                            WHERE a.payment_id = p.id AND (a.needs_person OR a.{IS_OPEN}))
        """,  # noqa: S608
    ),
    waits_with_its_approval("payout", SEND),
)
