from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from apps.core.alerts import Finding, Parameters
from apps.core.money import Money
from apps.core.public_ids import encode_id
from apps.reconciliation.rules.reversals import NAMES_A_PAYMENT

# Losses of a payment that were booked: with a line that names it, or with its attempt. Few.
_LOSSES = " UNION ".join(
    f"""
SELECT d.id, d.provider_account_id, d.value_at_risk AS amount, d.currency, d.closed_at, a.payment_id
  FROM given_up d
  LEFT JOIN reconciliation_statementline l ON l.id = d.line_id
  JOIN payments_attempt a ON a.provider_account_id = d.provider_account_id AND {condition}
 WHERE a.kind = 'collect' AND a.owner_type = 'payment' AND a.status = 'succeeded'
"""  # noqa: S608 (our own conditions)
    for condition in (
        "a.id = d.attempt_id",
        *(one.format(line="l", attempt="a") for one in NAMES_A_PAYMENT),
    )
)

# A dispute that was lost took the amount from the merchant. One answers to one movement: first to
# the lines that are matched with it, then to the losses in the order of their booking.
FIND = f"""
WITH given_up AS MATERIALIZED (
    SELECT d.*
      FROM reconciliation_discrepancy d
      JOIN providers_provideraccount p ON p.id = d.provider_account_id
     WHERE d.status IN ('written_off', 'corrected') AND d.value_at_risk > 0
       AND d.kind IN ('unknown_to_us', 'unknown_to_them', 'duplicate_line')
       AND (%(includes_test)s OR p.livemode)
), loss AS (
    SELECT *, row_number() OVER (PARTITION BY payment_id, amount ORDER BY closed_at, id) AS number
      FROM ({_LOSSES}) every
)
SELECT loss.id, loss.amount, loss.currency, p.label, lost.dispute_id
  FROM loss
  JOIN providers_provideraccount p ON p.id = loss.provider_account_id
 CROSS JOIN LATERAL (
       SELECT count(*) AS disputes, (array_agg(d.id ORDER BY d.closed_at DESC))[1] AS dispute_id
         FROM disputes_dispute d
        WHERE d.payment_id = loss.payment_id AND d.currency = loss.currency
          AND d.closed_at IS NOT NULL AND d.amount_lost = loss.amount) lost
 CROSS JOIN LATERAL (
       SELECT count(DISTINCT r.id) AS lines
         FROM payments_attempt a
         JOIN reconciliation_statementline r
           ON (r.reference = a.statement_reference AND r.reference <> '')
              OR (r.provider_reference = a.provider_reference AND r.provider_reference <> '')
         JOIN reconciliation_statement s
           ON s.id = r.statement_id AND s.provider_account_id = loss.provider_account_id
          AND s.status = 'matched'
        WHERE a.payment_id = loss.payment_id AND a.status = 'succeeded'
          AND r.match = 'matched' AND r.pass = 'reversal' AND abs(r.amount) = loss.amount) taken
 WHERE lost.disputes > 0 AND loss.number + taken.lines <= lost.disputes
 ORDER BY loss.closed_at
 LIMIT 1000
"""  # noqa: S608


def find_recovered_losses(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Losses that were written off, or corrected, and that a lost dispute took from the merchant
    too: our books have the same money gone twice. One finding each, until its booking is taken
    back."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, {"includes_test": bool(wanted["includes_test"])})
        rows = cursor.fetchall()
    for discrepancy_id, amount, currency, label, dispute_id in rows:
        yield Finding(
            key=encode_id("dsc", discrepancy_id),
            facts={
                "account": label,
                "amount": str(Money(amount, currency)),
                "discrepancy": encode_id("dsc", discrepancy_id),
                "dispute": encode_id("dis", dispute_id),
            },
        )
