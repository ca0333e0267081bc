"""What must hold of settlements, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.orchestration.invariants import body_as_moved, moves_by_table, owner_is_there
from apps.settlement.rules.agreed_terms import AGREED_TERMS
from apps.settlement.rules.event_types import CREATED
from apps.settlement.transitions import SETTLEMENT_MOVES, SETTLEMENT_REPAIRS

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I20",
        "a statement's lines are its movements, and add up from its opening to its closing balance",
        """
        SELECT s.id
          FROM {settlements} s
          LEFT JOIN LATERAL (SELECT count(*) AS count, COALESCE(sum(l.amount), 0) AS amount,
                                    max(l.number) AS last
                               FROM settlement_settlementline l WHERE l.settlement_id = s.id) l
            ON true
         WHERE s.opening_balance + l.amount <> s.closing_balance
            OR s.line_count <> l.count OR COALESCE(l.last, 0) <> l.count
            OR s.line_count <> COALESCE((SELECT sum((t.value ->> 'count')::bigint)
                                           FROM jsonb_each(s.totals) t), 0)
            OR l.amount <> COALESCE((SELECT sum((t.value ->> 'amount')::bigint)
                                       FROM jsonb_each(s.totals) t), 0)
        """,
    ),
    Invariant(
        "I20",
        "a line says what its transfer says, of the statement's merchant, currency and mode",
        """
        SELECT l.id
          FROM {settlements} s
          JOIN settlement_settlementline l ON l.settlement_id = s.id
          LEFT JOIN ledger_transfer t ON t.id = l.id
          LEFT JOIN ledger_account a
            ON a.id = CASE WHEN l.amount > 0 THEN t.to_account_id ELSE t.from_account_id END
         WHERE (t.kind, t.amount, t.source_id, t.created_at, a.kind, a.owner_id, a.currency,
                a.livemode)
               IS DISTINCT FROM
               (l.kind, abs(l.amount), l.source_id, l.moved_at, 'merchant_payable'::varchar,
                s.merchant_id, s.currency, s.livemode)
        """,
    ),
    Invariant(
        "I20",
        "each statement begins with the balance and the transaction at which the one before ended",
        """
        SELECT s.id
          FROM {settlements} s
          LEFT JOIN LATERAL (SELECT closing_balance, horizon_to, period_end
                               FROM settlement_settlement b
                              WHERE (b.merchant_id, b.livemode, b.currency)
                                    = (s.merchant_id, s.livemode, s.currency)
                                AND (b.year, b.number) < (s.year, s.number)
                              ORDER BY b.year DESC, b.number DESC LIMIT 1) before ON true
         WHERE (s.opening_balance, s.horizon_from, s.period_start)
               IS DISTINCT FROM (COALESCE(before.closing_balance, 0),
                                 COALESCE(before.horizon_to, 0), before.period_end)
         UNION ALL
        SELECT c.id
          FROM settlement_settlementcycle c
          LEFT JOIN LATERAL (SELECT closing_balance, horizon_to FROM settlement_settlement s
                              WHERE (s.merchant_id, s.livemode, s.currency)
                                    = (c.merchant_id, c.livemode, c.currency)
                              ORDER BY s.year DESC, s.number DESC LIMIT 1) last ON true
         WHERE (c.balance, c.horizon) IS DISTINCT FROM
               (COALESCE(last.closing_balance, 0), COALESCE(last.horizon_to, 0))
        """,
    ),
    Invariant(
        "I20",
        "the statements of a merchant, mode and year are numbered without a gap",
        """
        SELECT n.id
          FROM settlement_settlementnumber n
          LEFT JOIN LATERAL (SELECT count(*) AS count, max(s.number) AS last
                               FROM settlement_settlement s
                              WHERE (s.merchant_id, s.livemode, s.year)
                                    = (n.merchant_id, n.livemode, n.year)) s ON true
         WHERE (s.count, s.last) IS DISTINCT FROM (n.last::bigint, n.last)
        """,
    ),
    Invariant(
        "I20",
        "what a settlement holds is what its status says: held once, and gone one way only",
        """
        SELECT s.id
          FROM {settlements} s
          LEFT JOIN (SELECT source_id,
                            sum(amount) FILTER (WHERE kind = 'settle_held')::bigint AS held,
                            sum(amount) FILTER (WHERE kind = 'settle_released')::bigint AS released,
                            sum(amount) FILTER (WHERE kind = 'settle_returned')::bigint AS returned,
                            sum(amount) FILTER (WHERE kind = 'settle_sent')::bigint AS sent,
                            sum(amount) FILTER (WHERE kind = 'settle_sent' AND EXISTS (
                                SELECT FROM ledger_correction c WHERE c.reverses_id = t.id))::bigint
                                AS came_back
                       FROM {transfers} t WHERE kind LIKE 'settle\\_%%'
                      GROUP BY source_id) t ON t.source_id = s.id
         WHERE COALESCE(t.came_back, 0) <> CASE
               WHEN s.status = 'failed' AND s.reason_code = 'returned_by_bank' THEN s.amount
               ELSE 0 END
            OR COALESCE(t.held, 0) <> s.amount
               -- Paid after all: given back, and taken again.
               + CASE WHEN (s.status = 'paid' OR t.came_back > 0) AND s.bank_file_id IS NOT NULL
                 THEN COALESCE(t.returned, 0) ELSE 0 END
            OR (COALESCE(t.released, 0), COALESCE(t.returned, 0), COALESCE(t.sent, 0))
               IS DISTINCT FROM CASE
               WHEN s.status IN ('carried_over', 'waiting', 'on_hold', 'filed')
               THEN (0::bigint, 0::bigint, 0::bigint)
               WHEN s.payout_id IS NOT NULL THEN (s.amount, 0::bigint, 0::bigint)
               WHEN s.status = 'sent' THEN (0::bigint, 0::bigint, 0::bigint)
               -- Or came back, which is booked as a correction.
               WHEN s.status = 'paid' OR t.came_back > 0
               THEN (0::bigint, CASE WHEN t.returned = s.amount THEN s.amount ELSE 0 END, s.amount)
               ELSE (0::bigint, s.amount, 0::bigint) END
        """,
    ),
    Invariant(
        "I20",
        "a settlement is booked between the accounts of its own merchant and mode, and our bank",
        """
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN settlement_settlement s ON s.id = t.source_id
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE t.kind LIKE 'settle\\_%%'
           AND (t.currency, f.owner_id, f.livemode, i.owner_id, i.livemode)
               IS DISTINCT FROM
               (s.currency, s.merchant_id, s.livemode,
                CASE WHEN t.kind <> 'settle_sent' THEN s.merchant_id END, s.livemode)
        """,
    ),
    # What was sent after all waits for its settlement no longer than an hour.
    Invariant(
        "I20",
        "a settlement paid by payout is that payout, and ends as it did",
        """
        SELECT s.id
          FROM {settlements} s
          LEFT JOIN payouts_payout p ON p.id = s.payout_id
         WHERE s.payout_id IS NOT NULL
           AND ((p.amount, p.fee + p.fee_tax, p.merchant_id, p.livemode, p.currency)
                IS DISTINCT FROM (s.amount, 0::bigint, s.merchant_id, s.livemode, s.currency)
                OR CASE s.status
                   WHEN 'paid' THEN p.status <> 'succeeded'
                   ELSE p.status IN ('succeeded', 'failed') AND s.status <> p.status
                        AND p.completed_at < %(now)s - interval '1 hour' END)
        """,
    ),
    Invariant(
        "I20",
        "a bank file pays its settlements and nothing else, and each is where its file is",
        """
        SELECT f.id
          FROM settlement_bankfile f
          LEFT JOIN LATERAL (
               SELECT count(*) AS count, COALESCE(sum(s.amount), 0) AS amount,
                      bool_or((s.livemode, s.currency) <> (f.livemode, f.currency)
                              OR s.paid_by <> 'bank_file'
                              OR CASE f.status
                                 WHEN 'sent' THEN s.status NOT IN ('sent', 'paid', 'failed')
                                 ELSE s.status <> 'filed' END) AS is_elsewhere
                 FROM settlement_settlement s WHERE s.bank_file_id = f.id) s ON true
         WHERE s.is_elsewhere
            OR CASE WHEN f.status IN ('discarded', 'annulled') THEN s.count <> 0
               ELSE (s.count, s.amount) <> (f.count, f.amount) END
        """,
    ),
    moves_by_table("settlement", SETTLEMENT_MOVES, SETTLEMENT_REPAIRS),
    owner_is_there("settlement", "settlement_settlement"),
    Invariant(
        "I6",
        "every move of a settlement has its event, numbered without a gap, of its type and time",
        f"""
        SELECT c.id
          FROM {{changes}} c
          LEFT JOIN webhooks_event e ON e.object_id = c.payment_id AND e.sequence = c.sequence
          LEFT JOIN settlement_settlement s ON s.id = c.payment_id
         WHERE c.owner_type = 'settlement'
           AND (e.type IS DISTINCT FROM CASE WHEN c.from_status = '' THEN '{CREATED}'
                                        ELSE 'settlement.' || c.to_status END
                OR e.created_at <> c.created_at
                OR (e.merchant_id, e.livemode) IS DISTINCT FROM (s.merchant_id, s.livemode))
         UNION ALL
        SELECT e.id
          FROM {{events}} e
          LEFT JOIN settlement_settlement s ON s.id = e.object_id AND e.sequence <= s.sequence
         WHERE e.type LIKE 'settlement.%%' AND s.id IS NULL
        """,  # noqa: S608
    ),
    # A lease is a minute. What failed too often has an owner, whom an alert wakes.
    Invariant(
        "I14",
        "no period, settlement or bank file waits ten minutes past the time of what is due for it,"
        " and no settlement that is paid by payout is forgotten",
        """
        SELECT id FROM settlement_settlementcycle WHERE due_at < %(now)s - interval '10 minutes'
         UNION ALL
        SELECT id FROM settlement_settlement WHERE due_at < %(now)s - interval '10 minutes'
         UNION ALL
        SELECT id FROM settlement_bankfile
         WHERE delivery_due_at < %(now)s - interval '10 minutes'
         UNION ALL
        SELECT s.id FROM {settlements} s
         WHERE s.status IN ('waiting', 'sent') AND s.paid_by = 'payout' AND s.due_at IS NULL
           AND s.failing_since IS NULL
        """,
    ),
    body_as_moved(
        "settlement",
        "{settlements}",
        prefix="set",
        told="""
                    'amount', o.amount, 'opening_balance', o.opening_balance, 'closing_balance',
                    o.closing_balance, 'carried_over', o.closing_balance - o.amount, 'line_count',
                    o.line_count, 'number', o.year || '-' || lpad(o.number::text, 6, '0')
        """.strip(),
        told_since={},
    ),
    # Entries of releases before do not say it.
    Invariant(
        "I20",
        "terms of settlement are those that two people agreed on",
        f"""
        SELECT a.target
          FROM audit_auditentry a
          LEFT JOIN settlement_settlementterms t ON t.id::text = a.detail -> 'agreed' ->> 'id'
         WHERE a.action = 'settlement_terms.activated' AND a.detail -> 'agreed' IS NOT NULL
           AND ({AGREED_TERMS}, t.valid_from, t.approved_by)
               IS DISTINCT FROM (a.detail -> 'agreed', (a.detail ->> 'valid_from')::timestamptz,
                                 a.actor)
        """,  # noqa: S608 (our own columns)
    ),
)
