"""What must hold in the books across the apps, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.core.public_ids import sql_digits
from apps.fees.rules.agreed_cost import CONTRACT_LINES
from apps.orchestration.invariants import HISTORY_ORDER
from apps.payments.invariants import FINAL
from apps.payments.rules.event_types import CREATED, LATE_SUCCESS, event_type
from apps.payments.transitions import PAYMENT_MOVES, PAYMENT_REPAIRS
from apps.providers.registry import PROFILES
from apps.reconciliation.models import TOLERANCE_MAX
from apps.reconciliation.rules.expected_fee import EXPECTED_FEE, fee_differs, is_agreed_for
from apps.reconciliation.rules.money_out import LEFT, may_stand_for, stated_amount
from apps.reconciliation.rules.pass_invariants import PASS_INVARIANTS, SETTLED
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
CASE e.type WHEN '{CREATED}' THEN 'pending' WHEN '{LATE_SUCCESS}' THEN 'succeeded'
     ELSE substr(e.type, length('payment.') + 1) END
"""

# What identifies the content of a statement's lines `l`, whatever their order.
# What was added later is in it where a line has it.
LINES_DIGEST = """
sum(('x' || left(md5(ROW(l.line_number, l.reference, l.provider_reference, l.amount, l.fee,
                         l.currency, l.outcome, extract(epoch FROM l.occurred_at), l.problem,
                         l.raw)::text
                     || CASE WHEN l.merchant_reference <> '' OR l.settlement_reference <> ''
                                  OR l.number_index IS NOT NULL
                             THEN ROW(l.merchant_reference, l.number_index,
                                      l.settlement_reference)::text
                             ELSE '' END), 16))::bit(64)::bigint)::text
"""


def _instant(column: str) -> str:
    """As merchants read it."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


INVARIANTS: tuple[Invariant, ...] = (
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
         WHERE (x.livemode, x.currency, x.country)
               IS DISTINCT FROM (p.livemode, p.currency, p.country)
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
                    'currency', p.currency, 'country', p.country,
                    -- Where another amount was accepted, the fee may have become less.
                    'fee', CASE WHEN p.amount_received IS NULL THEN to_jsonb(p.fee)
                                ELSE e.content #> '{{{{data,fee}}}}' END,
                    'operator', p.operator, 'reference', p.merchant_reference,
                    'created_at', {_instant("p.created_at")},
                    'expires_at', {_instant("p.expires_at")},
                    'completed_at',
                    CASE WHEN {STATUS_OF_TYPE} IN {FINAL} THEN {_instant("e.created_at")} END)))
               IS NOT TRUE
            -- Those of before say no tax.
            OR (p.amount_received IS NULL
                AND e.content #> '{{{{data,fee_tax}}}}' <> to_jsonb(p.fee_tax))
            OR (e.sequence = p.sequence
                AND e.content #>> '{{{{data,failure_code}}}}'
                    IS DISTINCT FROM NULLIF(p.failure_code, ''))
            OR (e.sequence = p.sequence AND p.status = 'succeeded'
                AND e.content #> '{{{{data,amount_received}}}}'
                    <> to_jsonb(COALESCE(p.amount_received, p.amount)))
        """,  # noqa: S608
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
        f"""
        SELECT l.id
          FROM {{lines}} l
          LEFT JOIN payments_attempt a ON a.id = l.attempt_id
          LEFT JOIN payments_payment p ON p.id = a.payment_id
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status <> 'withdrawn'
         WHERE l.match = 'matched'
           AND l.pass NOT IN ('settlement', 'settlement_parts', 'reversal', 'own_transfer')
           -- Two people said what it stands for.
           AND NOT EXISTS (SELECT FROM reconciliation_handmatch h
                            WHERE h.line_id = l.id AND h.undone_at IS NULL)
           AND (a.id IS NULL OR l.currency <> COALESCE(NULLIF(a.currency, ''), p.currency)
                OR (abs({stated_amount("a.kind")} - COALESCE(a.amount, p.amount_received, p.amount))
                    <= CASE l.reason WHEN 'within_tolerance' THEN {TOLERANCE_MAX} ELSE 0 END)
                   IS NOT TRUE
                OR NOT {may_stand_for("a")}
                OR (l.outcome = 'succeeded') <> (a.status = 'succeeded')
                OR a.provider_account_id <> s.provider_account_id
                OR NOT CASE l.pass
                       WHEN 'our_reference' THEN l.reference = a.statement_reference
                       WHEN 'provider_reference'
                       THEN l.provider_reference = a.provider_reference
                            AND l.provider_reference <> ''
                       WHEN 'merchant_reference' THEN l.merchant_reference <> ''
                       WHEN 'number' THEN l.number_index IS NOT NULL
                       -- It was matched before there were passes.
                       ELSE l.reference = a.statement_reference
                            OR (l.provider_reference = a.provider_reference
                                AND l.provider_reference <> '') END)
        """,  # noqa: S608 (our own conditions)
    ),
    *PASS_INVARIANTS,
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
         UNION ALL
        SELECT l.id
          FROM {lines} l
          JOIN reconciliation_handmatch h
            ON h.attempt_id = l.attempt_id AND h.undone_at IS NULL AND h.line_id <> l.id
          JOIN reconciliation_statementline b ON b.id = h.line_id AND b.match = 'matched'
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status <> 'withdrawn'
          JOIN reconciliation_statement t ON t.id = b.statement_id AND t.status <> 'withdrawn'
         WHERE l.match = 'matched' AND l.outcome = 'succeeded'
        """,
    ),
    Invariant(
        "I9",
        "a movement is matched by one line",
        f"""
        SELECT l.id
          FROM {{lines}} l
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status <> 'withdrawn'
          JOIN reconciliation_statementline b
            ON b.provider_reference = l.provider_reference AND b.provider_reference <> ''
           AND b.id <> l.id
          JOIN reconciliation_statement t
            ON t.id = b.statement_id AND t.provider_account_id = s.provider_account_id
           AND t.status <> 'withdrawn'
         WHERE l.match = 'matched' AND b.match = 'matched'
           AND l.outcome = 'succeeded' AND b.outcome = 'succeeded'
           AND {LEFT} = {LEFT.replace("l.", "b.")}
        """,  # noqa: S608 (our own condition)
    ),
    # What was agreed since its report was matched may be another: then the fee proves nothing.
    Invariant(
        "I9",
        "a line whose fee was found to differ, and still does, is not matched",
        f"""
        SELECT l.id
          FROM {{lines}} l
          JOIN reconciliation_discrepancy d ON d.line_id = l.id AND d.kind = 'fee_differs'
          JOIN payments_attempt a ON a.id = l.attempt_id
          JOIN reconciliation_statement s ON s.id = l.statement_id
          JOIN (SELECT c.*, x.timezone
                  FROM ({CONTRACT_LINES}) c
                  JOIN providers_provideraccount x ON x.id = c.provider_account_id) c
            ON c.provider_account_id = d.provider_account_id
           AND {is_agreed_for("a.kind", day="s.day")}
         WHERE l.match = 'matched' AND l.fee = d.their_amount AND {fee_differs("d.our_amount")}
           AND d.our_amount = {EXPECTED_FEE}
        """,  # noqa: S608 (our own conditions)
    ),
    Invariant(
        "I9",
        "a line is an exception exactly if a discrepancy carries it",
        """
        SELECT l.id
          FROM {lines} l
          LEFT JOIN (SELECT line_id, bool_or(status = 'open') AS is_open
                       FROM reconciliation_discrepancy
                      WHERE line_id IS NOT NULL
                        AND status IN ('open', 'resolved', 'written_off', 'corrected')
                      GROUP BY line_id) d ON d.line_id = l.id
          JOIN reconciliation_statement s ON s.id = l.statement_id
         WHERE (l.match = 'exception' AND d.line_id IS NULL AND s.status <> 'withdrawn')
            OR ((l.match <> 'exception' OR s.status = 'withdrawn') AND d.is_open)
        """,
    ),
    Invariant(
        "I9",
        "a closed discrepancy says when, a resolved one why and by whom",
        """
        SELECT id FROM reconciliation_discrepancy
         WHERE (status = 'open') <> (closed_at IS NULL)
            OR (status IN ('resolved', 'matched', 'written_off', 'corrected', 'taken_back')
                AND (resolution = '' OR owner_id IS NULL))
        """,
    ),
    Invariant(
        "I9",
        "a line matched by hand and its attempts differ by what was explained, and no more",
        """
        SELECT h.line_id
          FROM reconciliation_handmatch h
          JOIN {lines} l ON l.id = h.line_id
         WHERE h.undone_at IS NULL
         GROUP BY h.line_id, l.amount, l.currency
        HAVING abs(l.amount) - sum(h.amount) <> max(h.difference)
            OR bool_or(h.currency <> l.currency)
        """,
    ),
    Invariant(
        "I9",
        "a discrepancy that was written off is booked once, and nothing else is booked of one",
        """
        SELECT d.id
          FROM reconciliation_discrepancy d
          LEFT JOIN ledger_transfer t ON t.source_id = d.id
         WHERE d.status = 'written_off'
         GROUP BY d.id, d.value_at_risk, d.currency
        HAVING count(t.id) <> 1
            OR bool_or((t.amount, t.currency, t.kind) <>
                       (abs(d.value_at_risk), d.currency,
                        CASE WHEN d.value_at_risk > 0 THEN 'loss_written_off'
                             ELSE 'gain_written_off' END))
         UNION ALL
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN reconciliation_discrepancy d
            ON d.id = t.source_id
           AND d.status = CASE WHEN EXISTS (SELECT FROM ledger_correction WHERE reverses_id = t.id)
                               THEN 'taken_back' ELSE 'written_off' END
         WHERE t.kind IN ('loss_written_off', 'gain_written_off') AND d.id IS NULL
        """,
    ),
    Invariant(
        "I9",
        "a discrepancy that was corrected is booked so once, and no correction is of another",
        """
        SELECT COALESCE(d.id, c.discrepancy_id)
          FROM (SELECT * FROM reconciliation_discrepancy WHERE status = 'corrected') d
          FULL JOIN (SELECT * FROM ledger_correction o
                      WHERE discrepancy_id IS NOT NULL
                        AND NOT EXISTS (SELECT FROM ledger_correction
                                         WHERE reverses_id = o.transfer_id)) c
            ON c.discrepancy_id = d.id
          LEFT JOIN ledger_transfer t ON t.id = c.transfer_id
          LEFT JOIN ledger_account a
            ON a.id = CASE WHEN d.value_at_risk > 0 THEN t.to_account_id
                      ELSE t.from_account_id END
         WHERE (t.amount, t.currency, a.kind, a.owner_id)
               IS DISTINCT FROM (abs(d.value_at_risk), d.currency, 'provider_clearing'::varchar,
                                 d.provider_account_id)
        """,
    ),
    Invariant(
        "I9",
        "a discrepancy whose booking was taken back was booked, and that was reversed",
        """
        SELECT d.id
          FROM reconciliation_discrepancy d
         WHERE d.status = 'taken_back'
           AND NOT EXISTS (SELECT FROM ledger_transfer t
                             JOIN ledger_correction r ON r.reverses_id = t.id
                            WHERE t.source_id = d.id)
           AND NOT EXISTS (SELECT FROM ledger_correction c
                             JOIN ledger_correction r ON r.reverses_id = c.transfer_id
                            WHERE c.discrepancy_id = d.id)
         UNION ALL
        SELECT c.id
          FROM ledger_correction c
          JOIN ledger_correction r ON r.reverses_id = c.transfer_id
          LEFT JOIN reconciliation_discrepancy d
            ON d.id = c.discrepancy_id AND d.status = 'taken_back'
         WHERE c.discrepancy_id IS NOT NULL AND d.id IS NULL
        """,
    ),
    Invariant(
        "I9",
        "a discrepancy's history has every number up to its own",
        """
        SELECT d.id
          FROM reconciliation_discrepancy d
          LEFT JOIN reconciliation_discrepancyevent e ON e.discrepancy_id = d.id
         GROUP BY d.id, d.sequence
        HAVING count(e.id) <> d.sequence OR COALESCE(max(e.sequence), 0) <> d.sequence
        """,
    ),
    Invariant(
        "I9",
        "a statement that was staged is there",
        """
        SELECT t.target
          FROM audit_auditentry t
          LEFT JOIN reconciliation_statement s ON s.id::text = t.detail ->> 'id'
         WHERE t.action = 'statement.stage' AND s.id IS NULL
        """,
    ),
    Invariant(
        "I9",
        "a statement's lines say what they said when it was staged",
        f"""
        SELECT s.id
          FROM {{statements}} s
          JOIN audit_auditentry t
            ON t.action = 'statement.stage' AND t.detail ->> 'id' = s.id::text
          LEFT JOIN (SELECT l.statement_id, {LINES_DIGEST} AS digest
                       FROM {{lines}} l GROUP BY l.statement_id) kept ON kept.statement_id = s.id
         WHERE kept.digest IS DISTINCT FROM t.detail ->> 'lines_digest'
        """,  # noqa: S608
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
           {SETTLED}
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
           {SETTLED}
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
          -- What may be reported later is expected until the report of that day.
          LEFT JOIN LATERAL (SELECT report_delay_days FROM reconciliation_matchingplan n
                              WHERE n.provider_account_id = p.id
                              ORDER BY number DESC LIMIT 1) plan ON true
         WHERE a.status = 'succeeded'
           AND (COALESCE(plan.report_delay_days, 0) = 0
                OR EXISTS (SELECT FROM reconciliation_statementday e
                             JOIN reconciliation_statement t
                               ON t.id = e.statement_id AND t.status = 'matched'
                            WHERE e.provider_account_id = p.id AND e.is_whole
                              AND e.day = c.day + plan.report_delay_days))
           AND NOT EXISTS (SELECT FROM reconciliation_statementline l
                             JOIN reconciliation_statement t
                               ON t.id = l.statement_id AND t.status <> 'withdrawn'
                            WHERE l.attempt_id = a.id AND l.match IN ('matched', 'exception'))
           AND NOT EXISTS (SELECT FROM reconciliation_handmatch h
                             JOIN reconciliation_statementline l ON l.id = h.line_id
                             JOIN reconciliation_statement t
                               ON t.id = l.statement_id AND t.status <> 'withdrawn'
                            WHERE h.attempt_id = a.id AND h.undone_at IS NULL
                              AND l.match = 'matched')
           AND NOT EXISTS (SELECT FROM reconciliation_discrepancy d
                            WHERE d.attempt_id = a.id AND d.kind = 'unknown_to_them'
                              AND d.status IN ('open', 'resolved', 'written_off', 'corrected'))
           {SETTLED}
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
