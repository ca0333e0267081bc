from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from apps.core.money import Money
from apps.fees.rules.charged_amount import ChargedAmount
from apps.fees.rules.choose_line import Charged
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement
from apps.reconciliation.rules.counted_fees import HAS_FEE, OPERATION

# Read within seconds: a person waits for it.
LINES_MAX = 1_000_000

REPORTED = f"""
SELECT {OPERATION} AS operation, l.currency, abs(l.amount), count(*), sum(l.fee)::bigint
  FROM reconciliation_statementline l
  LEFT JOIN payments_attempt a ON l.operation = '' AND a.id = l.attempt_id
 WHERE l.statement_id = ANY(%(statements)s) AND {HAS_FEE}
 GROUP BY 1, 2, 3
"""  # noqa: S608 (our own conditions)


def reported_amounts(
    account_id: UUID, *, since: datetime
) -> tuple[list[ChargedAmount], date | None]:
    """What the reports of an account say that its provider charged, each amount of a kind once; and
    the first day that was looked at: a later one than asked for where the lines are too many. None:
    there is no report. Three queries.
    """
    account = ProviderAccount.objects.get(pk=account_id)
    reports = Statement.objects.filter(
        provider_account=account,
        status=Statement.Status.MATCHED,
        day__gte=since.astimezone(ZoneInfo(account.timezone)).date(),
    ).order_by("-day", "-created_at")
    lines, statements, first = 0, [], None
    for statement_id, day, lines_read in reports.values_list("pk", "day", "lines_read"):
        lines += lines_read
        if lines > LINES_MAX:
            break
        statements.append(statement_id)
        first = day
    with connection.cursor() as cursor:
        cursor.execute(REPORTED, {"statements": statements})
        amounts = [
            ChargedAmount(
                livemode=account.livemode,
                charged=Charged(operation, Money(amount, currency), "", "", "", ""),
                count=count,
                fees=fees,
                taxes=0,
            )
            for operation, currency, amount, count, fees in cursor.fetchall()
        ]
    return amounts, first
