from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from apps.core.postgresql.long_statements import long_statements
from apps.core.public_ids import encode_id
from apps.orchestration.rules.owners import owner_of
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement
from apps.reconciliation.rules.day_of_line import DAY_OF_LINE
from apps.reconciliation.rules.day_report import DayMovement, DayReport, StandingTotal
from apps.reconciliation.rules.money_out import OUTGOING, stated_amount
from apps.reconciliation.rules.pass_invariants import TOTALS
from apps.reconciliation.rules.standings import STANDING_SQL

_OUT = ", ".join(f"'{operation.value}'" for operation in OUTGOING)

# One row for each succeeded attempt of the day, with the line that stands for it, and one for each
# line of the day that stands for none of them. A line of the next day's report may stand for an
# attempt of this one: each side is counted on its own day.
ROWS = f"""
CREATE TEMP TABLE day_report_row ON COMMIT DROP AS
WITH covering AS MATERIALIZED (
    SELECT s.id, s.day - s.days + 1 AS first_day, s.day AS last_day
      FROM reconciliation_statement s
     WHERE s.provider_account_id = %(account_id)s AND s.status = 'matched'
       AND s.day >= %(day)s AND s.day - s.days < %(day)s
), theirs AS MATERIALIZED (
    SELECT l.id, l.line_number, l.statement_id, l.attempt_id, l.provider_reference, l.reference,
           l.amount, l.fee, l.currency, l.outcome, l.operation, l.occurred_at, l.match,
           -- It is the sum of other lines, which are counted.
           l.pass IN {TOTALS} OR l.reason = 'settlement_differs' AS is_total
      FROM covering s
      JOIN reconciliation_statementline l ON l.statement_id = s.id
     WHERE l.match IN ('matched', 'exception', 'waiting') AND {DAY_OF_LINE} = %(day)s
), ours AS MATERIALIZED (
    SELECT a.id, a.owner_type, a.payment_id AS owner_id, a.kind AS operation, a.amount,
           a.currency, a.completed_at, a.provider_reference, a.statement_reference,
           line.id AS line_id
      FROM payments_attempt a
      LEFT JOIN LATERAL (
           SELECT l.id
             FROM reconciliation_statementline l
             JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status = 'matched'
            WHERE l.attempt_id = a.id AND l.match IN ('matched', 'exception')
            ORDER BY l.match = 'matched' DESC, l.id LIMIT 1) line ON true
     WHERE a.provider_account_id = %(account_id)s AND a.status = 'succeeded'
       AND a.completed_at >= %(begins_at)s AND a.completed_at < %(ends_at)s
), paired AS (
    SELECT o.id AS attempt_id, o.line_id, true AS is_ours FROM ours o
     UNION ALL
    SELECT t.attempt_id, t.id, false
      FROM theirs t
     WHERE t.id NOT IN (SELECT line_id FROM ours WHERE line_id IS NOT NULL)
), movement AS (
    SELECT p.is_ours, t.id IS NOT NULL AND NOT t.is_total AS is_theirs, a.id AS attempt_id,
           a.owner_type, a.payment_id AS owner_id, COALESCE(a.kind, l.operation, '') AS operation,
           COALESCE(NULLIF(l.provider_reference, ''), a.provider_reference, '')
               AS provider_reference,
           COALESCE(NULLIF(a.statement_reference, ''), l.reference, '') AS reference,
           CASE WHEN a.kind IN ({_OUT}) THEN -1 ELSE 1 END
           -- Of attempts older than their own amounts the payment knows.
           * COALESCE(a.amount, owner.amount_received, owner.amount) AS our_amount,
           CASE WHEN COALESCE(a.kind, l.operation) IN ({_OUT})
                THEN -{stated_amount("COALESCE(a.kind, l.operation)")} ELSE l.amount END
               AS their_amount,
           l.fee, COALESCE(NULLIF(l.currency, ''), NULLIF(a.currency, ''), '') AS currency,
           l.outcome, a.completed_at, l.occurred_at, l.match, l.pass, l.id AS line_id,
           l.statement_id, l.line_number, d.id AS discrepancy_id, d.kind AS discrepancy_kind,
           d.status AS discrepancy_status
      FROM paired p
      LEFT JOIN theirs t ON t.id = p.line_id
      LEFT JOIN reconciliation_statementline l ON l.id = p.line_id
      LEFT JOIN payments_attempt a ON a.id = p.attempt_id
      LEFT JOIN payments_payment owner ON owner.id = a.payment_id
      LEFT JOIN LATERAL (
           SELECT d.id, d.kind, d.status
             FROM (SELECT * FROM reconciliation_discrepancy WHERE line_id = l.id
                    UNION
                   SELECT * FROM reconciliation_discrepancy
                    WHERE attempt_id = a.id AND (line_id IS NULL OR line_id = l.id)) d
            WHERE d.status IN ('open', 'resolved', 'matched', 'written_off', 'corrected')
            ORDER BY d.status = 'open' DESC, d.opened_at DESC LIMIT 1) d ON true
)
SELECT row_number() OVER (ORDER BY COALESCE(completed_at, occurred_at), attempt_id, line_id)
           AS number,
       {STANDING_SQL} AS standing, movement.*
  FROM movement
"""  # noqa: S608 (our own words)

TOTALS = """
SELECT currency, standing,
       count(*) FILTER (WHERE is_ours), COALESCE(sum(our_amount) FILTER (WHERE is_ours), 0),
       count(*) FILTER (WHERE is_theirs),
       COALESCE(sum(their_amount) FILTER (WHERE is_theirs AND outcome = 'succeeded'), 0),
       COALESCE(sum(fee) FILTER (WHERE is_theirs AND outcome = 'succeeded'), 0)
  FROM day_report_row GROUP BY currency, standing ORDER BY currency, standing
"""

COLUMNS = (
    "number", "standing", "is_ours", "is_theirs", "operation", "owner_type", "owner_id",
    "reference", "provider_reference", "our_amount", "their_amount", "fee", "currency", "outcome",
    "completed_at", "occurred_at", "statement_id", "line_number", "discrepancy_id",
    "discrepancy_kind", "discrepancy_status",
)  # fmt: skip
READ = f"""
DECLARE day_report_rows NO SCROLL CURSOR FOR
SELECT {", ".join(COLUMNS)} FROM day_report_row ORDER BY number
"""  # noqa: S608 (our own words)
ROWS_AT_ONCE = 2_000


@contextmanager
def open_day_report(*, account: ProviderAccount, day: date) -> Iterator[DayReport]:
    """All of it as it is at one moment. Four queries, and one for each ROWS_AT_ONCE movements."""
    zone = ZoneInfo(account.timezone)
    begins_at = datetime.combine(day, datetime.min.time(), zone)
    values: dict[str, Any] = {
        "account_id": account.pk,
        "zone": account.timezone,
        "day": day,
        "begins_at": begins_at,
        "ends_at": datetime.combine(day + timedelta(days=1), datetime.min.time(), zone),
    }
    with transaction.atomic(), long_statements(), connection.cursor() as cursor:
        cursor.execute(ROWS, values)
        cursor.execute(TOTALS)
        totals = [StandingTotal(*row) for row in _whole(cursor.fetchall())]
        cursor.execute("SELECT count(*) FROM day_report_row")
        (count,) = cursor.fetchone()
        statements = list(
            Statement.objects.filter(
                covered_days__provider_account=account,
                covered_days__day=day,
                status=Statement.Status.MATCHED,
            ).order_by("created_at", "pk")
        )
        cursor.execute(READ)
        yield DayReport(account, day, statements, totals, count, _movements(cursor))
        cursor.execute("CLOSE day_report_rows")
        cursor.execute("DROP TABLE day_report_row")


def _whole(rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Sums of bigint are numeric."""
    for currency, standing, *numbers in rows:
        yield (currency, standing, *(int(number) for number in numbers))


def _movements(cursor: Any) -> Iterator[DayMovement]:
    while True:
        cursor.execute(f"FETCH {ROWS_AT_ONCE} FROM day_report_rows")
        rows = cursor.fetchall()
        for row in rows:
            yield _movement(dict(zip(COLUMNS, row, strict=True)))
        if len(rows) < ROWS_AT_ONCE:
            return


def _movement(row: dict[str, Any]) -> DayMovement:
    owner_type = row.pop("owner_type")
    prefix = owner_of(owner_type).prefix if owner_type else ""
    ids = {"owner_id": prefix, "statement_id": "sta", "discrepancy_id": "dsc"}
    for name, its_prefix in ids.items():
        row[name] = encode_id(its_prefix, row[name]) if row[name] else ""
    for name in ("outcome", "discrepancy_kind", "discrepancy_status"):
        row[name] = row[name] or ""
    return DayMovement(**row)
