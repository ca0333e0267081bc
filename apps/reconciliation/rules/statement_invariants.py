"""What must hold of statements and their lines, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.fees.rules.agreed_cost import CONTRACT_LINES
from apps.reconciliation.models import TOLERANCE_MAX
from apps.reconciliation.rules.counted_fees import HAS_FEE, OPERATION
from apps.reconciliation.rules.expected_fee import EXPECTED_FEE, fee_differs, is_agreed_for
from apps.reconciliation.rules.lines_digest import DIGEST, FORMER_DIGEST, lines_digest
from apps.reconciliation.rules.money_out import LEFT, may_stand_for, stated_amount
from apps.reconciliation.rules.pass_invariants import SETTLED

STATEMENT_INVARIANTS: tuple[Invariant, ...] = (
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
         UNION ALL
        SELECT l.id
          FROM {lines} l
         WHERE NOT EXISTS (SELECT FROM reconciliation_statement s WHERE s.id = l.statement_id)
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
           AND l.pass NOT IN ('settlement', 'settlement_parts', 'reversal', 'own_transfer',
                              'own_rule')
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
          LEFT JOIN (SELECT l.statement_id,
                            {lines_digest(is_former="staged.is_former")} AS digest
                       FROM {{lines}} l
                       JOIN (SELECT (detail ->> 'id')::uuid AS id,
                                    (detail ->> '{FORMER_DIGEST}') IS NOT NULL AS is_former
                               FROM audit_auditentry
                              WHERE action = 'statement.stage') staged ON staged.id = l.statement_id
                      GROUP BY l.statement_id) kept ON kept.statement_id = s.id
         WHERE kept.digest
               IS DISTINCT FROM COALESCE(t.detail ->> '{DIGEST}', t.detail ->> '{FORMER_DIGEST}')
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
    # What was agreed may be another since it was counted: that the figures keep.
    Invariant(
        "I15",
        "the figures of a statement whose lines stand as they were counted are those of its lines",
        f"""
        WITH counted AS (
            SELECT f.* FROM reconciliation_statementfigures f
              JOIN {{statements}} s ON s.id = f.statement_id
             WHERE f.changed_at IS NULL),
        fees AS (
            SELECT l.statement_id, {OPERATION} AS operation, l.currency, count(*) AS lines,
                   sum(abs(l.amount)) AS amount, sum(l.fee) AS fee
              FROM counted f
              JOIN reconciliation_statementline l ON l.statement_id = f.statement_id
              LEFT JOIN payments_attempt a ON l.operation = '' AND a.id = l.attempt_id
             WHERE f.are_fees_counted AND {HAS_FEE}
             GROUP BY 1, 2, 3)
        SELECT f.statement_id
          FROM counted f
          LEFT JOIN (SELECT statement_id, count(*) FILTER (WHERE match = 'matched') AS matched,
                            count(*) FILTER (WHERE match = 'matched' AND pass = 'by_hand')
                                AS by_hand,
                            count(*) FILTER (WHERE match = 'exception') AS exceptions
                       FROM {{lines}} l GROUP BY statement_id) l USING (statement_id)
         WHERE (f.matched, f.by_hand, f.exceptions)
               <> (COALESCE(l.matched, 0), COALESCE(l.by_hand, 0), COALESCE(l.exceptions, 0))
         UNION ALL
        SELECT f.id
          FROM reconciliation_feefigures f
          JOIN counted c ON c.statement_id = f.statement_id AND c.are_fees_counted
          LEFT JOIN fees l ON (l.statement_id, l.operation, l.currency)
                              = (f.statement_id, f.operation, f.currency)
         WHERE (f.lines, f.amount, f.charged, f.day)
               IS DISTINCT FROM (l.lines, l.amount, l.fee, c.day)
        """,  # noqa: S608 (our own conditions)
    ),
)
