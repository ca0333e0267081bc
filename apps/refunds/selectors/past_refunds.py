from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Asked, Facts, PastAct
from apps.core.public_ids import encode_id, first_id_at

SUM = """,
    COALESCE(sum(amount) FILTER (WHERE status NOT IN ('failed', 'canceled')) OVER (
        PARTITION BY merchant_id, livemode, currency ORDER BY created_at
        RANGE BETWEEN make_interval(hours => {hours}) PRECEDING AND CURRENT ROW), 0)"""
# By API: what staff gave back is no such act, and counts in the sums.
SQL = """
SELECT r.id, r.created_at, r.amount, r.currency, y.operator {sums}
  FROM (SELECT q.id, q.merchant_id, q.created_at, q.amount, q.currency, q.payment_id {windows}
          FROM refunds_refund q WHERE q.id >= %(from)s AND q.id < %(until)s) r
  JOIN payments_payment y ON y.id = r.payment_id
 WHERE r.id >= %(since)s
   AND EXISTS (SELECT FROM payments_statuschange c
                WHERE c.payment_id = r.id AND c.sequence = 1 AND c.source = 'api')
 ORDER BY r.id DESC LIMIT %(most)s
"""
CHUNK = 5_000


def past_refunds(asked: Asked, *, since: datetime, until: datetime, most: int) -> Iterator[PastAct]:
    """The refunds by API of that time, newest first, as the rules of "refund.send" would have seen
    them; in the sums those of staff too. One query."""
    hours = sorted({one.hours for one in asked.sums})
    windows = [SUM.format(hours=int(one)) + f" AS sum_{at}" for at, one in enumerate(hours)]
    sql = SQL.format(
        sums="".join(f", r.sum_{at}" for at in range(len(hours))), windows="".join(windows)
    )
    values: dict[str, Any] = {
        "since": first_id_at(since),
        "from": first_id_at(since - timedelta(hours=max(hours, default=0))),
        "until": first_id_at(until),
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(CHUNK):
            for refund_id, at, amount, currency, operator, *totals in rows:
                reached = dict(zip(hours, totals, strict=True))
                facts = Facts(
                    amount=amount,
                    currency=currency,
                    rails=frozenset({operator}),
                    how=ApprovalRule.How.API,
                    sums=frozenset(one for one in asked.sums if reached[one.hours] >= one.amount),
                )
                yield PastAct(refund_id, encode_id("ref", refund_id), at, facts)
