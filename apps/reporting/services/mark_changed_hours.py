from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from apps.reporting.rules.hours import hour_sql
from apps.reporting.selectors.lock_watermark import lock_watermark

# The oldest that still runs: everything before it is over, and what it left can be read.
HORIZON = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""

# Every move of a payment, a refund, a payout or a dispute has its event, and the event its
# transaction.
MARK_BY_EVENTS = f"""
INSERT INTO reporting_reportedhour (hour, changed_at, open_attempts)
SELECT DISTINCT {hour_sql("e.object_id")}, %(looked_at)s::timestamptz, 0
  FROM webhooks_event e
 WHERE e.transaction_id >= %(after)s AND e.transaction_id < %(before)s
   AND (e.type LIKE 'payment.%%' OR e.type LIKE 'refund.%%' OR e.type LIKE 'payout.%%'
        OR e.type LIKE 'dispute.%%')
    ON CONFLICT (hour) DO UPDATE SET changed_at = excluded.changed_at
 WHERE reporting_reportedhour.changed_at IS NULL
"""  # noqa: S608

# An attempt may move while its owner does not: those that were open when an hour was counted are
# compared with those that are.
OPEN_ATTEMPTS = f"""
SELECT {hour_sql("a.payment_id")} AS hour,
       sum(hashtextextended(a.id::text, a.sequence) >> 20)::bigint AS digest
  FROM payments_dueattempt d JOIN payments_attempt a ON a.id = d.attempt_id
 GROUP BY 1
"""  # noqa: S608
MARK_BY_ATTEMPTS = f"""
INSERT INTO reporting_reportedhour (hour, changed_at, open_attempts)
SELECT COALESCE(now_open.hour, was_open.hour), %(looked_at)s::timestamptz, 0
  FROM ({OPEN_ATTEMPTS}) now_open
  FULL JOIN (SELECT hour, open_attempts FROM reporting_reportedhour
              WHERE open_attempts <> 0) was_open ON was_open.hour = now_open.hour
 WHERE now_open.digest IS DISTINCT FROM was_open.open_attempts
    ON CONFLICT (hour) DO UPDATE SET changed_at = excluded.changed_at
 WHERE reporting_reportedhour.changed_at IS NULL
"""  # noqa: S608

# Cells of the release before.
MARK_WITHOUT_COSTS = """
INSERT INTO reporting_reportedhour (hour, changed_at, open_attempts)
SELECT DISTINCT hour, %(looked_at)s::timestamptz, 0
  FROM reporting_hourcell WHERE costs IS NULL
    ON CONFLICT (hour) DO UPDATE SET changed_at = excluded.changed_at
 WHERE reporting_reportedhour.changed_at IS NULL
"""

# The first time, and on another server, whose transactions are numbered anew.
MARK_ALL = f"""
INSERT INTO reporting_reportedhour (hour, changed_at, open_attempts)
SELECT hour, %(looked_at)s::timestamptz, 0
  FROM (SELECT min({hour_sql("id")}) AS first
          FROM ((SELECT id FROM payments_payment ORDER BY id LIMIT 1) UNION ALL
                (SELECT id FROM payouts_payout ORDER BY id LIMIT 1)) oldest) began,
       generate_series(began.first, %(now)s::timestamptz, interval '1 hour') AS hour
    ON CONFLICT (hour) DO UPDATE SET changed_at = excluded.changed_at
"""  # noqa: S608


@transaction.atomic
def mark_changed_hours(*, now: datetime) -> None:
    """Note which hours are out of date: whatever was committed since the last look is in them.

    Nothing is passed by, however old and however late its commit. Safe to repeat.
    """
    with connection.cursor() as cursor:
        watermark = lock_watermark()
        cursor.execute(HORIZON)
        (horizon,) = cursor.fetchone()
        values = {
            "now": now,
            # Until then all of it was counted.
            "looked_at": watermark.looked_at or now,
            "after": watermark.transaction_id,
            "before": horizon,
        }
        if watermark.transaction_id is None or watermark.transaction_id > horizon:
            cursor.execute(MARK_ALL, values)
        else:
            cursor.execute(MARK_BY_EVENTS, values)
        cursor.execute(MARK_BY_ATTEMPTS, values)
        cursor.execute(MARK_WITHOUT_COSTS, values)
    watermark.transaction_id = horizon
    watermark.looked_at = now
    watermark.save()
