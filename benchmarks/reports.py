"""What reports cost: the manager's tiles, the drill-down to payments, and the counting itself.

The database is filled by SQL with copies of one payment that lived through the real processes, with
its attempt, history, events and deliveries: of twenty merchants, as many an hour as ten million a
year. The value is the p99 of what the tiles, the tables and the sentence on a fall are made of,
over a week; `page_ms` is the whole page, `dashboard_ms` the staff's first page, `drill_down_ms` the
slowest of the lists that both lead to, of what is common and of what is rare.
`rollup_core_ms` is what the database works for a payment: finding its hour, and counting it as
often as hours are counted again. `payment_bytes`: what one of them takes, indexes included.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import psycopg
from psycopg import sql

from benchmarks.growth import settle
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

ROWS = int(float(os.environ.get("REPORTS_ROWS", "1e7")))
TILES_MS_MAX = 40
DRILL_DOWN_MS_MAX = 300
CORE_MS_A_PAYMENT_MAX = 0.1
# Ten million are a year's.
STEP_MS = 365 * 24 * 3_600_000 // 10_000_000
MERCHANTS = 20
BATCH = 100_000
ROUNDS = 60

# An id as UUIDv7 has it, of the n-th copy: so many milliseconds after the beginning of the year.
FUNCTIONS = """
CREATE FUNCTION bench_id(n bigint, tag text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
SELECT (lpad(to_hex(%(first_ms)s + n * %(step_ms)s), 12, '0') || '7' || substr(h, 1, 3)
        || '8' || substr(h, 4, 15))::uuid
  FROM (SELECT md5(tag || n) AS h) AS made
$$;
CREATE FUNCTION bench_at(n bigint, seconds double precision) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
SELECT to_timestamp((%(first_ms)s + n * %(step_ms)s) / 1000.0 + seconds)
$$;
CREATE FUNCTION bench_merchant(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
SELECT bench_id(mod(n, %(merchants)s), 'merchant')
$$;
"""
# One in ten fails; few for a reason that is rare, and few do not end.
IS_FAILED = "mod(n, 10) = 3"
IS_RARE = "mod(n, 10000) = 13"
IS_CANCELED = "mod(n, 50000) = 17"
IS_VERIFYING = "mod(n, 50000) = 18"
PAYMENT = {
    "id": "bench_id(n, 'payment')",
    "merchant_id": "bench_merchant(n)",
    "merchant_reference": "'order-' || n",
    "operator": "CASE WHEN mod(n, 3) = 0 THEN 'orange' ELSE 'mtn' END",
    "payer_msisdn_index": "sha256(mod(n, 100000)::text::bytea)",
    "status": f"CASE WHEN {IS_FAILED} THEN 'failed' WHEN {IS_CANCELED} THEN 'canceled'"
    f" WHEN {IS_VERIFYING} THEN 'verifying' ELSE 'succeeded' END",
    "failure_code": f"CASE WHEN {IS_RARE} THEN 'payer_blocked'"
    f" WHEN {IS_FAILED} THEN 'payer_declined' ELSE '' END",
    "created_at": "bench_at(n, 0)",
    "completed_at": f"CASE WHEN NOT {IS_VERIFYING} THEN bench_at(n, 9) END",
}
STATE = {
    "payment_id": "bench_id(n, 'payment')",
    **{name: PAYMENT[name] for name in ("merchant_id", "operator", "status")},
}
ATTEMPT = {
    "id": "bench_id(n, 'attempt')",
    "payment_id": "bench_id(n, 'payment')",
    "reference": "bench_id(n, 'reference')",
    "statement_reference": "bench_id(n, 'reference')::text",
    "provider_reference": "n::text",
    "status": f"CASE WHEN {IS_FAILED} THEN 'failed' ELSE 'succeeded' END",
    "next_check_at": "NULL",
    "spent_id": f"CASE WHEN {IS_FAILED} THEN bench_id(n, 'attempt') END",
    "created_at": "bench_at(n, 0)",
    "submitted_at": "bench_at(n, 0.05)",
    "completed_at": "bench_at(n, 9)",
}
# Of each row of the template's history one copy, a moment apart.
CHANGE = {
    "id": "bench_id(n, 'change' || t.id)",
    "payment_id": "bench_id(n, 'payment')",
    "attempt_id": "CASE WHEN t.attempt_id IS NOT NULL THEN bench_id(n, 'attempt') END",
    "to_status": f"CASE WHEN {IS_FAILED} AND t.to_status = 'succeeded' THEN 'failed'"
    " ELSE t.to_status END",
    "created_at": "bench_at(n, t.sequence * 0.4 + mod(n, 7) * 0.1)",
}
EVENT = {
    "id": "bench_id(n, 'event' || t.id)",
    "object_id": "bench_id(n, 'payment')",
    "merchant_id": "bench_merchant(n)",
    "created_at": "bench_at(n, 0)",
}
# Given up now and then.
DELIVERY = {
    "id": "bench_id(n, 'delivery' || t.id)",
    "event_id": "bench_id(n, 'event' || t.event_id)",
    "status": "CASE WHEN mod(n, 50000) = 19 THEN 'failed' ELSE t.status END",
    "created_at": "bench_at(n, 0)",
}
DELIVERY_STATE = {
    "delivery_id": "bench_id(n, 'delivery' || t.delivery_id)",
    "status": DELIVERY["status"],
}
# As long as they are kept.
DELIVERED = 90 * 24 * 3_600_000 // STEP_MS
MERCHANT = {"id": "bench_id(n, 'merchant')", "name": "'Shop ' || n"}
TEMPLATE = "SELECT id FROM payments_payment WHERE status = 'succeeded' ORDER BY id LIMIT 1"


def run() -> bool:
    with Platform(
        approve_after_s=0.05, processes=["simulators", "web", "realtime", "worker"]
    ) as platform:
        platform.answers(platform.load(rate=5, duration_s=3))
        platform.wait_until_quiet(10)
        payment_bytes = _fill(platform)
        settle(platform)
        measured = within(platform, f"count({ROWS})") | within(platform, "read()")
    say(
        f"{measured['hours']} hours, {measured['cells']} cells; a payment costs "
        f"{measured['counting_us']:.1f} us each time it is counted, {measured['times']:.1f} times, "
        f"and {measured['looking_us']:.1f} us to find"
    )
    for address, took_ms in measured["drill_downs"].items():
        say(f"{took_ms:7.1f} ms {address}")
    cost_ms = (measured["counting_us"] * measured["times"] + measured["looking_us"]) / 1_000
    is_met = (
        measured["tiles_ms"] <= TILES_MS_MAX
        and measured["drill_down_ms"] <= DRILL_DOWN_MS_MAX
        and cost_ms <= CORE_MS_A_PAYMENT_MAX
    )
    result(
        "reports",
        value=measured["tiles_ms"],
        unit="ms",
        floor=float(TILES_MS_MAX),
        rows=ROWS,
        page_ms=measured["page_ms"],
        dashboard_ms=measured["dashboard_ms"],
        drill_down_ms=measured["drill_down_ms"],
        rollup_core_ms=f"{cost_ms:.3f}",
        payment_bytes=payment_bytes,
    )
    return is_met


def within(platform: Platform, call: str) -> dict[str, Any]:
    """What a function of this file finds in a process of the platform."""
    printed = platform.stack.manage(
        *("shell", "--no-imports", "--command"),
        f"import json; from benchmarks.reports import *; print(json.dumps({call}))",
        timeout_s=36_000,
    )
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def _fill(platform: Platform) -> int:
    """Bytes of one payment."""
    postgres = platform.stack.servers.postgres
    if postgres is None:
        raise RuntimeError("reports need their own PostgreSQL: unset DATABASE_URL")
    begun = time.monotonic()
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    values = {
        "first_ms": now_ms - ROWS * STEP_MS,
        "step_ms": STEP_MS,
        "merchants": MERCHANTS,
    }
    with psycopg.connect(postgres.superuser_url, dbname="lomi", autocommit=True) as connection:
        # As a backup is restored: what triggers keep is written here as well.
        connection.execute("SET session_replication_role = replica")
        connection.execute(FUNCTIONS % values)
        (template,) = connection.execute(TEMPLATE).fetchone() or (None,)
        _copy(connection, "merchants_merchant", MERCHANT, "true", 0, MERCHANTS - 1)
        events = f"(SELECT id FROM webhooks_event WHERE object_id = '{template}')"
        deliveries = f"(SELECT id FROM webhooks_delivery WHERE event_id IN {events})"
        tables = [
            ("payments_payment", PAYMENT, f"id = '{template}'", 0),
            ("payments_paymentstate", STATE, f"payment_id = '{template}'", 0),
            ("payments_attempt", ATTEMPT, f"payment_id = '{template}'", 0),
            ("payments_statuschange", CHANGE, f"payment_id = '{template}'", 0),
            ("webhooks_event", EVENT, f"object_id = '{template}'", 0),
            ("webhooks_delivery", DELIVERY, f"event_id IN {events}", ROWS - DELIVERED),
            (
                "webhooks_deliverystate",
                DELIVERY_STATE,
                f"delivery_id IN {deliveries}",
                ROWS - DELIVERED,
            ),
        ]
        for start in range(0, ROWS, BATCH):
            last = min(start + BATCH, ROWS) - 1
            for table, changes, condition, oldest in tables:
                if last >= oldest:
                    _copy(connection, table, changes, condition, max(start, oldest), last)
        size = 0
        for table, *_ in tables:
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(table)))
            (found,) = connection.execute(
                "SELECT pg_total_relation_size(%s::regclass)", [table]
            ).fetchone() or (0,)
            size += found
    say(f"{ROWS} payments after {time.monotonic() - begun:.0f} s, {size / 1e9:.1f} GB")
    return size // ROWS


def _copy(
    connection: psycopg.Connection,
    table: str,
    changes: dict[str, str],
    condition: str,
    first: int,
    last: int,
) -> None:
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' AND attname <> 'transaction_id'"
        " ORDER BY attnum",
        [table],
    )
    names = [name for (name,) in found]
    values = [
        sql.SQL(changes[name]) if name in changes else sql.SQL("t.{}").format(sql.Identifier(name))  # type: ignore[arg-type]
        for name in names
    ]
    limit = "LIMIT 1" if table == "merchants_merchant" else ""
    connection.execute(
        sql.SQL(
            "INSERT INTO {table} ({names}) SELECT {values}"
            " FROM (SELECT * FROM {table} WHERE {condition} {limit}) AS t,"
            " generate_series({first}, {last}) AS n"
        ).format(
            table=sql.Identifier(table),
            names=sql.SQL(", ").join(map(sql.Identifier, names)),
            values=sql.SQL(", ").join(values),
            condition=sql.SQL(condition),  # type: ignore[arg-type]
            limit=sql.SQL(limit),  # type: ignore[arg-type]
            first=sql.Literal(first),
            last=sql.Literal(last),
        )
    )


def count(rows: int) -> dict[str, float]:
    """What counting everything took."""
    from django.db import connection
    from django.utils import timezone

    from apps.core.hours import HOUR
    from apps.reporting.models import HourCell, ReportedHour, ReportWatermark
    from apps.reporting.rules.hours import counted_again_at
    from apps.reporting.services.count_hour import count_hour
    from apps.reporting.services.mark_changed_hours import mark_changed_hours

    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone() or (0,)
    ReportWatermark.objects.create(transaction_id=0)
    begun = _core_s(backend)
    mark_changed_hours(now=now)
    looked = _core_s(backend)
    hours = list(ReportedHour.objects.order_by("hour").values_list("hour", flat=True))
    for hour in hours:
        count_hour(hour, now=now)
    counted = _core_s(backend)
    # News comes while payments are made and for as long after: how often the whole hour is counted.
    at, times = hours[0], 0.0
    while at < hours[0] + 2 * HOUR:
        at = counted_again_at(hours[0], at)
        times += min((at - hours[0]) / HOUR, 1.0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reporting_hourcell, reporting_series, reporting_failurecell")
    return {
        "hours": len(hours),
        "cells": HourCell.objects.count(),
        "looking_us": (looked - begun) / rows * 1e6,
        "counting_us": (counted - looked) / rows * 1e6,
        "times": times,
    }


def _core_s(process: int) -> float:
    """What a process of this machine has used of a core so far: the database's own, here."""
    used = psutil.Process(process).cpu_times()
    return float(used.user + used.system)


def read() -> dict[str, object]:
    """The p99 of what the managers' page reads, of the pages, and of the lists they lead to."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils import timezone

    from apps.merchants.models import Merchant
    from apps.reporting.rules.period import Period
    from apps.reporting.selectors.read_report import read_report
    from apps.reporting.selectors.selection import EVERYTHING, Selection

    now = timezone.now()
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_superuser("bench"))
    week = Period.around(now - timedelta(days=7), now)
    rows = "/admin/payments/payment/?livemode__exact=0"
    ever = f"{rows}&created_at_from=2000-01-01&created_at_to={now:%Y-%m-%d}"
    lately = f"{rows}&created_at_from={week.begin:%Y-%m-%d}&created_at_to={now:%Y-%m-%d}"
    lists = [
        f"{lately}&failure_code__exact=payer_declined",
        f"{lately}&failure_code__exact=payer_blocked",
        f"{ever}&failure_code__exact=payer_blocked",
        f"{lately}&merchant__id__exact={Merchant.objects.filter(name='Shop 7').get().pk}",
        f"{lately}&provider=orange_money",
        f"{ever}&status__exact=canceled",
        "/admin/payments/payment/?status__exact=verifying",
        "/admin/webhooks/delivery/?status__exact=failed",
    ]

    def page(address: str) -> Callable[[], object]:
        def get() -> object:
            answer = client.get(address)
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answered {answer.status_code}")
            return answer

        return get

    reads: dict[str, Callable[[], object]] = {
        "tiles_ms": lambda: read_report(Selection(False, EVERYTHING), week, by="provider"),
        "page_ms": page("/admin/reporting/reportedhour/?mode=test"),
        "dashboard_ms": page("/admin/?mode=test"),
    }
    drill_downs = {address: _p99(page(address)) for address in lists}
    return {
        **{name: _p99(read) for name, read in reads.items()},
        "drill_downs": drill_downs,
        "drill_down_ms": max(drill_downs.values()),
    }


def _p99(read: Callable[[], object]) -> float:
    """In milliseconds, once it is warm."""
    read()
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        read()
        took.append((time.perf_counter() - begun) * 1_000)
    return percentile(took, 0.99)
