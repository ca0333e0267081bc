"""What must hold between the figures of reports and the rows they were counted from."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.reporting.rules.hours import first_id_sql, hour_sql

# Of more hours `rebuild_reports` counts everything again.
DAYS_CHECKED = 2

_OWNERS = (
    ("collect", "payments_payment", "COALESCE(amount_received, amount)"),
    ("refund", "refunds_refund", "amount"),
    ("disburse", "payouts_payout", "amount"),
)
_RECOUNT = " UNION ALL ".join(
    f"""
    SELECT s.hour, '{operation}' AS operation, o.livemode, o.merchant_id, o.currency,
           count(*) AS created, count(*) FILTER (WHERE o.status = 'succeeded') AS succeeded,
           sum(o.amount) AS requested,
           COALESCE(sum({moved}) FILTER (WHERE o.status = 'succeeded'), 0) AS moved
      FROM settled s
      JOIN {table} o ON o.id >= {first_id_sql("s.hour")}
       AND o.id < {first_id_sql("s.hour + interval '1 hour'")}
     GROUP BY 1, 2, 3, 4, 5
    """  # noqa: S608
    for operation, table, moved in _OWNERS
)

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I15",
        "the figures of an hour in which nothing changed since are those of its rows",
        f"""
        WITH settled AS (
            SELECT h.hour FROM reporting_reportedhour h
             WHERE h.changed_at IS NULL
               AND h.hour >= %(now)s::timestamptz - interval '{DAYS_CHECKED} days'
               AND h.hour NOT IN (
                   SELECT {hour_sql("e.object_id")}
                     FROM reporting_reportwatermark w
                     JOIN webhooks_event e ON e.transaction_id >= w.transaction_id)),
        recount AS ({_RECOUNT}),
        told AS (
            SELECT c.hour, s.operation, s.livemode, s.merchant_id, s.currency,
                   sum(c.created) AS created, sum(c.succeeded) AS succeeded,
                   sum(c.amount_requested) AS requested, sum(c.amount_succeeded) AS moved
              FROM reporting_hourcell c JOIN reporting_series s ON s.id = c.series_id
             WHERE c.hour IN (SELECT hour FROM settled)
             GROUP BY 1, 2, 3, 4, 5),
        disputed AS (
            SELECT s.hour, d.livemode, d.merchant_id, d.currency, d.reason, count(*) AS opened,
                   count(*) FILTER (WHERE d.closed_at IS NULL) AS open, sum(d.amount) AS amount,
                   sum(d.amount_lost) AS lost
              FROM settled s
              JOIN disputes_dispute d ON d.id >= {first_id_sql("s.hour")}
               AND d.id < {first_id_sql("s.hour + interval '1 hour'")}
             GROUP BY 1, 2, 3, 4, 5),
        told_of_disputes AS (
            SELECT c.hour, s.livemode, s.merchant_id, s.currency, c.reason, sum(c.opened) AS opened,
                   sum(c.open) AS open, sum(c.amount_disputed) AS amount, sum(c.amount_lost) AS lost
              FROM reporting_disputecell c JOIN reporting_series s ON s.id = c.series_id
             WHERE c.hour IN (SELECT hour FROM settled)
             GROUP BY 1, 2, 3, 4, 5)
        SELECT hour::text AS id
          FROM recount FULL JOIN told USING (hour, operation, livemode, merchant_id, currency)
         WHERE (recount.created, recount.succeeded, recount.requested, recount.moved)
               IS DISTINCT FROM (told.created, told.succeeded, told.requested, told.moved)
        UNION ALL
        SELECT hour::text AS id
          FROM disputed d FULL JOIN told_of_disputes t
         USING (hour, livemode, merchant_id, currency, reason)
         WHERE (d.opened, d.open, d.amount, d.lost)
               IS DISTINCT FROM (t.opened, t.open, t.amount, t.lost)
        """,  # noqa: S608
    ),
)
