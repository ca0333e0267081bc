from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.hours import HOUR
from apps.core.public_ids import first_id_at
from apps.fees.rules.agreed_cost import CONTRACT_LINES, agreed_cost, holds_for
from apps.reporting.models import NO_ACCOUNT
from apps.reporting.rules.dimensions import SERIES_KEY as KEY
from apps.reporting.rules.response_times import bucket_sql
from apps.reporting.selectors.lock_watermark import lock_watermark
from apps.reporting.services.count_disputes import count_disputes

SUMS = (
    *("created", "submitted", "prompted", "succeeded", "failed", "expired", "canceled"),
    *("verifying", "waiting", "amount_requested", "amount_succeeded", "fees", "costs"),
    *("attempts", "attempts_succeeded", "attempts_failed"),
)
SIDES = ("platform", "provider", "decision")

DELETE = """
WITH cell AS (DELETE FROM reporting_hourcell WHERE hour = %(hour)s)
DELETE FROM reporting_failurecell WHERE hour = %(hour)s
"""

# All that was created in the hour, by its ids. Who is told apart by more is told apart here.
OWNERS = """
SELECT id, livemode, merchant_id, 'collect' AS operation, provider, country, operator, method,
       currency, status, failure_code, amount, COALESCE(amount_received, amount) AS moved, fee,
       created_at
  FROM payments_payment WHERE id >= %(first)s AND id < %(end)s
 UNION ALL
SELECT r.id, r.livemode, r.merchant_id, 'refund', r.provider, p.country, p.operator, p.method,
       r.currency, r.status, r.failure_code, r.amount, r.amount,
       r.fee - r.fee_returned, r.created_at
  FROM refunds_refund r JOIN payments_payment p ON p.id = r.payment_id
 WHERE r.id >= %(first)s AND r.id < %(end)s
 UNION ALL
SELECT id, livemode, merchant_id, 'disburse', provider, country, operator, '', currency, status,
       failure_code, amount, amount, fee, created_at
  FROM payouts_payout WHERE id >= %(first)s AND id < %(end)s
"""

# The provider has said something of its own: not we, and not a person. An attempt that was never
# answered, or of which nothing is known, has no time.
BY_PROVIDER = "c.source IN ('worker', 'callback', 'poll')"
MOVES = f"""
SELECT c.attempt_id,
       min(c.created_at) FILTER (WHERE c.to_status = 'submitted') AS submitted_at,
       min(c.created_at) FILTER (WHERE {BY_PROVIDER} AND c.to_status IN
           ('pending', 'requires_action', 'authorized', 'succeeded', 'failed')) AS answered_at,
       min(c.created_at) FILTER (WHERE {BY_PROVIDER} AND c.to_status IN
           ('succeeded', 'failed')) AS decided_at,
       bool_or(c.to_status IN ('pending', 'requires_action', 'authorized', 'succeeded'))
           AS is_prompted
  FROM payments_statuschange c
 WHERE c.payment_id >= %(first)s AND c.payment_id < %(end)s AND c.attempt_id IS NOT NULL
 GROUP BY c.attempt_id
"""  # noqa: S608

ATTEMPTS = """
SELECT a.payment_id AS owner_id, a.provider_account_id, x.connector, a.status, m.submitted_at,
       m.answered_at, m.decided_at,
       m.submitted_at IS NOT NULL AND a.status <> 'not_sent' AS is_sent,
       COALESCE(m.is_prompted, false) AS is_prompted,
       lead(a.id) OVER (PARTITION BY a.payment_id ORDER BY a.id) IS NULL AS is_last,
       lag(a.id) OVER (PARTITION BY a.payment_id ORDER BY a.id) IS NULL AS is_first
  FROM payments_attempt a
  JOIN providers_provideraccount x ON x.id = a.provider_account_id
  LEFT JOIN move m ON m.attempt_id = a.id
 WHERE a.payment_id >= %(first)s AND a.payment_id < %(end)s
"""


def _is(*statuses: str) -> str:
    listed = ", ".join(f"'{status}'" for status in statuses)
    return f"(o.status IN ({listed}))::int"


# One row of figures for each owner, under its latest attempt's account, and one for each attempt,
# under its own.
_OWNER_SUMS = {
    "created": "1",
    "submitted": "COALESCE(t.is_sent, false)::int",
    "prompted": "COALESCE(t.is_prompted, false)::int",
    "succeeded": _is("succeeded"),
    "failed": _is("failed"),
    "expired": _is("expired"),
    "canceled": _is("canceled"),
    "verifying": _is("verifying"),
    "waiting": _is("needs_approval", "pending", "requires_action", "authorized", "processing"),
    "amount_requested": "o.amount",
    "amount_succeeded": "CASE WHEN o.status = 'succeeded' THEN o.moved ELSE 0 END",
    "fees": "CASE WHEN o.status = 'succeeded' THEN o.fee ELSE 0 END",
    "costs": "CASE WHEN o.status = 'succeeded'"
    f" THEN COALESCE({agreed_cost('o.moved')}, 0) ELSE 0 END",
}
_ATTEMPT_SUMS = {
    "attempts": "a.is_sent::int",
    "attempts_succeeded": "(a.status = 'succeeded')::int",
    "attempts_failed": "(a.status = 'failed' AND a.is_sent)::int",
}


def _seconds(begin: str, end: str) -> str:
    return f"extract(epoch FROM {end} - {begin})::float8"


_TIMES = {
    "platform": f"CASE WHEN a.is_first THEN {_seconds('o.created_at', 'a.submitted_at')} END",
    "provider": _seconds("a.submitted_at", "a.answered_at"),
    "decision": _seconds("a.submitted_at", "a.decided_at"),
}


def _key(owner: str, *, provider: str, account: str) -> str:
    own = {"provider": provider, "provider_account_id": account}
    return ", ".join(f"{own.get(name, f'{owner}.{name}')} AS {name}" for name in KEY)


def _sums(given: dict[str, str]) -> str:
    return ", ".join(f"{given.get(name, '0')} AS {name}" for name in SUMS)


def _times(given: dict[str, str]) -> str:
    return ", ".join(
        f"{bucket_sql(given[side]) if side in given else 'NULL::smallint'} AS {side}_time"
        for side in SIDES
    )


_SAME_KEY = " AND ".join(f"s.{name} = f.{name}" for name in KEY)
_KEYS = ", ".join(KEY)
_OWNER_KEY = _key(
    "o",
    provider="COALESCE(t.connector, o.provider)",
    account=f"COALESCE(t.provider_account_id, '{NO_ACCOUNT}')",
)
_ATTEMPT_KEY = _key("o", provider="a.connector", account="a.provider_account_id")
_COUNTED_TIMES = " UNION ALL ".join(
    f"SELECT {_KEYS}, '{side}' AS side, {side}_time AS bucket, count(*) AS count"  # noqa: S608
    f" FROM figure WHERE {side}_time IS NOT NULL GROUP BY {_KEYS}, {side}_time"
    for side in SIDES
)
_TIME_COLUMNS = ", ".join(f"{side}_buckets, {side}_counts" for side in SIDES)
_TIME_VALUES = ", ".join(
    f"COALESCE({side}_times.buckets, '{{}}'), COALESCE({side}_times.counts, '{{}}')"
    for side in SIDES
)
_TIME_JOINS = " ".join(
    f"LEFT JOIN times {side}_times"
    f" ON {side}_times.series_id = s.id AND {side}_times.side = '{side}'"
    for side in SIDES
)

_AGREED = holds_for("o.operation", amount="o.moved", currency="o.currency", at="o.created_at")

COUNT = f"""
WITH agreed_line AS MATERIALIZED ({CONTRACT_LINES}),
owner AS MATERIALIZED ({OWNERS}),
move AS MATERIALIZED ({MOVES}),
attempt AS MATERIALIZED ({ATTEMPTS}),
-- Of an owner: whether any attempt of it came so far, and where the latest one was.
tried AS (
    SELECT owner_id, bool_or(is_sent) AS is_sent, bool_or(is_prompted) AS is_prompted,
           max(connector) FILTER (WHERE is_last) AS connector,
           max(provider_account_id::text) FILTER (WHERE is_last)::uuid AS provider_account_id
      FROM attempt GROUP BY owner_id),
figure AS MATERIALIZED (
    SELECT {_OWNER_KEY},
           {_sums(_OWNER_SUMS)}, {_times({})}, o.failure_code
      FROM owner o LEFT JOIN tried t ON t.owner_id = o.id
      LEFT JOIN agreed_line c ON c.provider_account_id = t.provider_account_id AND {_AGREED}
     UNION ALL
    SELECT {_ATTEMPT_KEY},
           {_sums(_ATTEMPT_SUMS)}, {_times(_TIMES)}, ''
      FROM attempt a JOIN owner o ON o.id = a.owner_id),
summed AS MATERIALIZED (
    SELECT {_KEYS}, {", ".join(f"sum({name})::bigint AS {name}" for name in SUMS)}
      FROM figure GROUP BY {_KEYS}),
added AS (
    INSERT INTO reporting_series ({_KEYS})
    SELECT {_KEYS} FROM summed f
     WHERE NOT EXISTS (SELECT FROM reporting_series s WHERE {_SAME_KEY})
    RETURNING id, {_KEYS}),
series AS MATERIALIZED (
    SELECT s.id, {", ".join(f"s.{name}" for name in KEY)}
      FROM reporting_series s JOIN summed f ON {_SAME_KEY}
     UNION ALL SELECT id, {_KEYS} FROM added),
times AS (
    SELECT s.id AS series_id, t.side, array_agg(t.bucket ORDER BY t.bucket) AS buckets,
           array_agg(t.count::int ORDER BY t.bucket) AS counts
      FROM ({_COUNTED_TIMES}) t
      JOIN series s ON {_SAME_KEY.replace("f.", "t.")}
     GROUP BY s.id, t.side),
failures AS (
    INSERT INTO reporting_failurecell (hour, series_id, failure_code, count)
    SELECT %(hour)s, s.id, f.failure_code, f.count
      FROM (SELECT {_KEYS}, failure_code, count(*) AS count FROM figure
             WHERE failure_code <> '' AND failed + expired + canceled > 0
             GROUP BY {_KEYS}, failure_code) f
      JOIN series s ON {_SAME_KEY}),
open_attempts AS (
    SELECT COALESCE(sum(hashtextextended(a.id::text, a.sequence) >> 20), 0)::bigint AS digest
      FROM payments_attempt a JOIN payments_dueattempt d ON d.attempt_id = a.id
     WHERE a.payment_id >= %(first)s AND a.payment_id < %(end)s),
hour AS (
    INSERT INTO reporting_reportedhour (hour, counted_at, changed_at, open_attempts)
    SELECT %(hour)s, %(now)s, NULL, digest FROM open_attempts
        ON CONFLICT (hour) DO UPDATE SET counted_at = excluded.counted_at, changed_at = NULL,
                                         open_attempts = excluded.open_attempts)
INSERT INTO reporting_hourcell (hour, series_id, {", ".join(SUMS)},
       {_TIME_COLUMNS})
SELECT %(hour)s, s.id, {", ".join(f"f.{name}" for name in SUMS)},
       {_TIME_VALUES}
  FROM summed f JOIN series s ON {_SAME_KEY}
  {_TIME_JOINS}
"""  # noqa: S608


@transaction.atomic
def count_hour(hour: datetime, *, now: datetime) -> None:
    """Count an hour again from the rows that were created in it. Safe to repeat, and to break off.

    Args:
        hour: its beginning, of UTC.
    """
    values: dict[str, Any] = {
        "hour": hour,
        "first": first_id_at(hour),
        "end": first_id_at(hour + HOUR),
        "now": now,
    }
    lock_watermark()
    with connection.cursor() as cursor:
        cursor.execute(DELETE, values)
        cursor.execute(COUNT, values)
    count_disputes(hour)
