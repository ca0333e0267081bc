"""What must hold of lines that no reference names, and of settlements."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.reconciliation.models import TOLERANCE_MAX
from apps.reconciliation.rules.money_out import LEFT
from apps.reconciliation.rules.own_transfers import is_closed
from apps.reconciliation.rules.reversals import NAMES_A_PAYMENT

# The passes of what moved between our accounts: by reference to the franc, by a rule nearly.
OWN = "('own_transfer', 'own_rule')"
# The passes of what is a sum.
TOTALS = "('settlement', 'settlement_parts')"

# While what a withdrawn statement stood for is being matched again, its account is left out.
SETTLED = """
AND NOT EXISTS (SELECT FROM reconciliation_statementwithdrawal w
                  JOIN reconciliation_statement t ON t.id = w.statement_id
                 WHERE t.provider_account_id = s.provider_account_id AND w.settled_at IS NULL)
"""


def _will_be_matched(*statements: str) -> str:
    """SQL: whether one of these statements is promised to be matched again."""
    return (
        "EXISTS (SELECT FROM core_outboxmessage m"
        " WHERE m.topic = 'reconciliation.match_statement'"
        f" AND m.payload ->> 'statement_id' IN ({', '.join(f'{one}::text' for one in statements)}))"
    )


PASS_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I9",
        "what was taken for an attempt by likeness has what is like it, not the amount alone",
        """
        SELECT l.id
          FROM {lines} l
          JOIN payments_attempt a ON a.id = l.attempt_id
          LEFT JOIN payments_payment p ON a.owner_type = 'payment' AND p.id = a.payment_id
          LEFT JOIN payouts_payout o ON a.owner_type = 'payout' AND o.id = a.payment_id
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status <> 'withdrawn'
         WHERE l.match = 'matched'
           AND ((l.pass = 'merchant_reference'
                 AND l.merchant_reference
                     IS DISTINCT FROM COALESCE(p.merchant_reference, o.merchant_reference))
                OR (l.pass = 'number'
                    AND (l.number_index IS NULL
                         OR l.occurred_at NOT BETWEEN a.created_at - interval '2 days'
                            AND COALESCE(a.completed_at, a.submitted_at) + interval '2 days')))
        """,
    ),
    Invariant(
        "I9",
        "what a settlement pays is the sum of its lines",
        f"""
        SELECT first.id
          FROM {{lines}} first
          JOIN reconciliation_statement s ON s.id = first.statement_id AND s.status <> 'withdrawn'
          LEFT JOIN LATERAL (
               SELECT COALESCE(bool_or(l.fee <> 0) FILTER (WHERE l.pass IN {TOTALS}), false)
                          AS states_fee,
                      sum(l.amount) FILTER (WHERE l.pass IN {TOTALS}) AS paid,
                      sum(l.fee) FILTER (WHERE l.pass IN {TOTALS}) AS paid_fee,
                      sum(l.fee) FILTER (WHERE l.pass NOT IN {TOTALS}) AS fee,
                      sum(CASE WHEN {LEFT} THEN -abs(l.amount) ELSE l.amount END)
                          FILTER (WHERE l.pass NOT IN {TOTALS}) AS gross
                 FROM reconciliation_statementline l
                 JOIN reconciliation_statement t
                   ON t.id = l.statement_id AND t.status <> 'withdrawn'
                WHERE l.settlement_reference = first.settlement_reference
                  AND l.settlement_line_id = first.id) summed ON true
         WHERE first.match = 'matched' AND first.pass IN {TOTALS}
           AND first.settlement_line_id = first.id
           AND (CASE WHEN summed.states_fee
                     THEN abs(abs(summed.paid) - abs(summed.gross)) <= {TOLERANCE_MAX}
                      AND abs(summed.paid_fee - summed.fee) <= {TOLERANCE_MAX}
                     ELSE abs(abs(summed.paid) - abs(summed.gross - summed.fee))
                          <= {TOLERANCE_MAX} END) IS NOT TRUE
           {SETTLED}
        """,  # noqa: S608 (our own conditions)
    ),
    Invariant(
        "I9",
        "a transfer between our own accounts is one amount, out of one and into the other",
        f"""
        SELECT l.id
          FROM {{lines}} l
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status <> 'withdrawn'
          JOIN providers_provideraccount x ON x.id = s.provider_account_id
          LEFT JOIN reconciliation_statementline o ON o.id = l.settlement_line_id
          LEFT JOIN reconciliation_statement t ON t.id = o.statement_id
         WHERE l.match = 'matched' AND l.pass IN {OWN}
           AND (l.attempt_id IS NOT NULL OR t.provider_account_id = s.provider_account_id
                OR l.currency <> o.currency
                OR abs(abs(l.amount) - abs(o.amount))
                   > CASE l.pass WHEN 'own_rule' THEN {TOLERANCE_MAX} ELSE 0 END
                OR {LEFT} = {LEFT.replace("l.", "o.")}
                OR (o.match, o.pass, o.settlement_line_id, t.status)
                   IS DISTINCT FROM ('matched', l.pass, l.id, 'matched')
                   AND NOT {_will_be_matched("l.statement_id", "o.statement_id")}
                   -- It was found before its month was closed, and stays as it was.
                   AND NOT {is_closed("l", "s", "s.provider_account_id", "x.timezone")}
               ) IS NOT FALSE
        """,  # noqa: S608 (our own conditions)
    ),
    Invariant(
        "I9",
        "what was taken back was disputed for its amount, or never paid with us",
        f"""
        SELECT l.id
          FROM {{lines}} l
          JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status <> 'withdrawn'
         WHERE l.match = 'matched' AND l.pass = 'reversal'
           AND CASE WHEN l.operation = 'returned' THEN l.attempt_id IS NOT NULL OR NOT EXISTS (
               SELECT FROM payments_attempt a
                WHERE a.provider_account_id = s.provider_account_id AND a.kind <> 'collect'
                  AND a.status IN ('failed', 'not_sent')
                  AND (({NAMES_A_PAYMENT[0].format(line="l", attempt="a")})
                       OR ({NAMES_A_PAYMENT[1].format(line="l", attempt="a")})))
               WHEN {LEFT} AND l.attempt_id IS NULL THEN NOT EXISTS (
               SELECT FROM payments_attempt a
                 LEFT JOIN disputes_dispute d
                   ON a.owner_type = 'payment' AND d.payment_id = a.payment_id
                WHERE a.provider_account_id = s.provider_account_id AND a.kind = 'collect'
                  AND (({NAMES_A_PAYMENT[0].format(line="l", attempt="a")})
                       OR ({NAMES_A_PAYMENT[1].format(line="l", attempt="a")}))
                  AND (a.status IN ('failed', 'not_sent')
                       OR abs(l.amount) IN (d.amount, d.amount_lost)))
               ELSE NOT EXISTS (SELECT FROM payments_attempt a
                                 WHERE a.id = l.attempt_id AND a.status IN ('failed', 'not_sent'))
               END
        """,  # noqa: S608 (our own conditions)
    ),
)
