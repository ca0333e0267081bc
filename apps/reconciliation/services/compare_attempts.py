from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.reconciliation.models import Statement, StatementLine
from apps.reconciliation.rules.unmentioned import CLOSE_MENTIONED, OPEN_UNMENTIONED
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.decide_counting_lines import STATEMENTS
from apps.reconciliation.services.match_line import match_line

COUNTING = f"WITH matching_statement AS MATERIALIZED ({STATEMENTS})"

CLOSE = f"{COUNTING} {CLOSE_MENTIONED} AND d.attempt_id = ANY(%(attempt_ids)s)"

OPEN = f"""
{COUNTING}, unmentioned AS MATERIALIZED (SELECT unnest(%(attempt_ids)s::uuid[]) AS id)
{OPEN_UNMENTIONED}
"""


def compare_attempts(*, statement: Statement, attempt_ids: Iterable[UUID], now: datetime) -> None:
    """After people decided what a line of the statement stands for, or took it back: the other
    lines of these attempts are compared again, and what no line has any more is opened.

    As matching its day's report would do it, which may have come long ago. Within the caller's
    transaction, who holds the account's matching lock.
    """
    ids = sorted(set(attempt_ids))
    account = statement.provider_account
    lines = StatementLine.objects.filter(
        attempt_id__in=ids,
        match__in=(StatementLine.Match.MATCHED, StatementLine.Match.EXCEPTION),
        statement__provider_account=account,
        statement__status=Statement.Status.MATCHED,
    )
    for line in lines.order_by("id"):
        match_line(statement_id=line.statement_id, line_id=line.pk, now=now)
    values: dict[str, Any] = {
        "statement_id": statement.pk,
        "account_id": account.pk,
        "zone": account.timezone,
        "report_delay_days": matching_plan(account.pk).report_delay_days,
        "attempt_ids": ids,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, values)
        cursor.execute(OPEN, values)
