from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as day_time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count

from apps.core.failpoints import failpoint
from apps.core.postgresql.long_statements import long_statements
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.services.match_lines import NEW_ID, match_lines

# A later file may bring the line after all: that settles it.
CLOSE_MENTIONED = """
UPDATE reconciliation_discrepancy d
   SET status = 'repaired', closed_at = %(now)s
 WHERE d.provider_account_id = %(account_id)s AND d.kind = 'unknown_to_them'
   AND d.status = 'open'
   AND EXISTS (SELECT FROM reconciliation_statementline l WHERE l.attempt_id = d.attempt_id)
"""

OPEN_UNMENTIONED = f"""
INSERT INTO reconciliation_discrepancy
       (id, kind, status, provider_account_id, statement_id, attempt_id, our_amount, currency,
        detail, resolution, opened_at)
SELECT {NEW_ID}, 'unknown_to_them', 'open', a.provider_account_id, %(statement_id)s, a.id,
       p.amount, p.currency, '', '', %(now)s
  FROM payments_attempt a
  JOIN payments_payment p ON p.id = a.payment_id
 WHERE a.provider_account_id = %(account_id)s AND a.status = 'succeeded'
   AND a.completed_at >= %(from)s AND a.completed_at < %(to)s
   AND NOT EXISTS (SELECT FROM reconciliation_statementline l WHERE l.attempt_id = a.id)
   -- Another statement, of the same day or a later one, may have opened it already.
   AND NOT EXISTS (SELECT FROM reconciliation_discrepancy d
                    WHERE d.attempt_id = a.id AND d.kind = 'unknown_to_them'
                      AND d.status <> 'repaired')
    ON CONFLICT (kind, statement_id, line_id, attempt_id) DO UPDATE
   SET status = 'open', closed_at = NULL
 WHERE reconciliation_discrepancy.status = 'repaired'
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class MatchSummary:
    """A statement after matching: each of its `lines` is matched or an exception.

    `exceptions` counts the statement's open discrepancies by kind, `unknown_to_them` included,
    which has no line. `opened`, `repaired` and `asked` are what this run did.
    """

    lines: int
    matched: int
    exceptions: Mapping[str, int]
    opened: int
    repaired: int
    asked: int


def match_statement(*, statement_id: UUID, now: datetime) -> MatchSummary:
    """Compare a statement with our attempts, both ways, and act on what differs.

    Safe to repeat: nothing is opened twice, and what no longer holds is closed as repaired, also
    on the account's other statements. Set-based: no line passes through Python. See `match_lines`
    for the lines. A succeeded attempt that no statement of the account mentions is opened as
    unknown to them; a day whose statement never came is looked at with the next one.
    """
    with transaction.atomic(), long_statements():
        found = match_lines(statement_id=statement_id, now=now)
        statement = Statement.objects.select_related("provider_account").get(pk=statement_id)
        begins_at, ends_at = _period(statement)
        values: dict[str, Any] = {
            "statement_id": statement_id,
            "account_id": statement.provider_account_id,
            "from": begins_at,
            "to": ends_at,
            "now": now,
        }
        with connection.cursor() as cursor:
            cursor.execute(CLOSE_MENTIONED, values)
            repaired = found.repaired + cursor.rowcount
            cursor.execute(OPEN_UNMENTIONED, values)
            opened = found.opened + cursor.rowcount
        statement.status = Statement.Status.MATCHED
        statement.matched_at = now
        statement.save(update_fields=["status", "matched_at"])
        failpoint("statements.match.before_commit")
    failpoint("statements.match.after_commit")
    return MatchSummary(
        lines=statement.lines_read,
        matched=StatementLine.objects.filter(
            statement=statement, match=StatementLine.Match.MATCHED
        ).count(),
        exceptions=dict(
            Discrepancy.objects.filter(statement=statement, status=Discrepancy.Status.OPEN)
            .order_by("kind")
            .values_list("kind")
            .annotate(Count("id"))
        ),
        opened=opened,
        repaired=repaired,
        asked=found.asked,
    )


def _period(statement: Statement) -> tuple[datetime, datetime]:
    """Our side of the statement: its day, and the days before it that no statement covered."""
    zone = ZoneInfo(statement.provider_account.timezone)
    last_day = (
        Statement.objects.filter(
            provider_account_id=statement.provider_account_id,
            day__lt=statement.day,
            status=Statement.Status.MATCHED,
        )
        .order_by("-day")
        .values_list("day", flat=True)
        .first()
    )
    one_day = timedelta(days=1)
    first_day = last_day + one_day if last_day else statement.day
    return (
        datetime.combine(first_day, day_time.min, zone),
        datetime.combine(statement.day + one_day, day_time.min, zone),
    )
