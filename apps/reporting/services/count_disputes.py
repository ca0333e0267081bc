from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.hours import HOUR
from apps.core.public_ids import first_id_at
from apps.reporting.models import NO_ACCOUNT
from apps.reporting.rules.dimensions import SERIES_KEY as KEY
from apps.reporting.rules.response_times import bucket_sql

SUMS = {
    "opened": "count(*)",
    "open": "count(*) FILTER (WHERE f.status IN ('needs_response', 'under_review'))",
    **{
        status: f"count(*) FILTER (WHERE f.status = '{status}')"
        for status in ("won", "lost", "partly_lost", "withdrawn")
    },
    "amount_disputed": "sum(f.amount)",
    "amount_lost": "sum(f.amount_lost)",
    "answered": "count(f.answer_time)",
}

# The merchant's word: it sent its evidence, or it gave in. Not that its date has passed.
ANSWERS = """
SELECT c.payment_id AS dispute_id, min(c.created_at) AS answered_at
  FROM payments_statuschange c
 WHERE c.payment_id >= %(first)s AND c.payment_id < %(end)s AND c.owner_type = 'dispute'
   AND ((c.to_status = 'under_review' AND c.source <> 'clock')
        OR (c.to_status = 'lost' AND c.source = 'api'))
 GROUP BY c.payment_id
"""

# Whose it is: its payment's, under the account that collected it. Buckets are of seconds.
DISPUTES = f"""
SELECT d.livemode, d.merchant_id, 'collect' AS operation,
       COALESCE(x.connector, p.provider) AS provider,
       COALESCE(a.provider_account_id, '{NO_ACCOUNT}') AS provider_account_id,
       p.country, p.operator, p.method, d.currency, d.reason, d.status, d.amount, d.amount_lost,
       {bucket_sql("extract(epoch FROM w.answered_at - d.opened_at)::float8 / 1000")} AS answer_time
  FROM disputes_dispute d
  JOIN payments_payment p ON p.id = d.payment_id
  LEFT JOIN payments_attempt a ON a.payment_id = p.id AND a.status = 'succeeded'
  LEFT JOIN providers_provideraccount x ON x.id = a.provider_account_id
  LEFT JOIN answer w ON w.dispute_id = d.id
 WHERE d.id >= %(first)s AND d.id < %(end)s
"""  # noqa: S608

_KEYS = ", ".join(KEY)
_SAME_KEY = " AND ".join(f"s.{name} = f.{name}" for name in KEY)

DELETE = "DELETE FROM reporting_disputecell WHERE hour = %(hour)s"
COUNT = f"""
WITH answer AS MATERIALIZED ({ANSWERS}),
figure AS MATERIALIZED ({DISPUTES}),
added AS (
    INSERT INTO reporting_series ({_KEYS})
    SELECT DISTINCT {_KEYS} FROM figure f
     WHERE NOT EXISTS (SELECT FROM reporting_series s WHERE {_SAME_KEY})
    RETURNING id, {_KEYS}),
series AS MATERIALIZED (
    SELECT DISTINCT s.id, {", ".join(f"s.{name}" for name in KEY)}
      FROM reporting_series s JOIN figure f ON {_SAME_KEY}
     UNION ALL SELECT id, {_KEYS} FROM added),
times AS (
    SELECT t.id, t.reason, array_agg(t.bucket ORDER BY t.bucket) AS buckets,
           array_agg(t.count::int ORDER BY t.bucket) AS counts
      FROM (SELECT s.id, f.reason, f.answer_time AS bucket, count(*) AS count
              FROM figure f JOIN series s ON {_SAME_KEY}
             WHERE f.answer_time IS NOT NULL GROUP BY 1, 2, 3) t
     GROUP BY t.id, t.reason)
INSERT INTO reporting_disputecell (hour, series_id, reason, {", ".join(SUMS)},
       answer_buckets, answer_counts)
SELECT %(hour)s, n.*, COALESCE(t.buckets, '{{}}'), COALESCE(t.counts, '{{}}')
  FROM (SELECT s.id, f.reason, {", ".join(f"{sum} AS {name}" for name, sum in SUMS.items())}
          FROM figure f JOIN series s ON {_SAME_KEY} GROUP BY s.id, f.reason) n
  LEFT JOIN times t ON t.id = n.id AND t.reason = n.reason
"""  # noqa: S608


@transaction.atomic
def count_disputes(hour: datetime) -> None:
    """Count again the disputes that were opened in an hour. The caller holds the watermark. Safe
    to repeat.

    Args:
        hour: its beginning, of UTC.
    """
    values: dict[str, Any] = {
        "hour": hour,
        "first": first_id_at(hour),
        "end": first_id_at(hour + HOUR),
    }
    with connection.cursor() as cursor:
        cursor.execute(DELETE, values)
        cursor.execute(COUNT, values)
