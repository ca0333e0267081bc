"""What ten million payments cost: create, get, list and callback at 10^4 and at 10^7, same run.

The value is the worst p95 of the four, as a multiple of itself at 10^4. Rows read a request are
counted by PostgreSQL and must not grow either. The payments are copies of one, made by SQL, all of
one merchant: the worst case for its list. What filling them in so fast leaves to be done, the
checkpoint and the writing to disk, is over before anything is measured, and each operation has run
unmeasured first: a table that has grown over years is not being filled when it is asked.
"""

from __future__ import annotations

import os
import random
import time

import psycopg
from psycopg import sql

from apps.core.public_ids import encode_id
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

SMALL = int(float(os.environ.get("BENCH_ROWS_SMALL", "1e4")))
LARGE = int(float(os.environ.get("BENCH_ROWS", "1e7")))
RATE = float(os.environ.get("BENCH_RATE", "40"))
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "15"))
WARM_S = 5.0
ROUNDS = 3
BATCH = 200_000
SAMPLE = 1_000
FIRST_MS = 1_700_000_000_000

# An id as UUIDv7 has it, of the n-th copy, one a millisecond.
MAKE_ID = """
CREATE FUNCTION bench_id(n bigint, tag text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
SELECT (lpad(to_hex(%d + n), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid
  FROM (SELECT md5(tag || n) AS h) AS made
$$
"""

# What differs from copy to copy; every other column is the first payment's.
PAYMENT = {
    "id": "bench_id(n, 'payment')",
    "merchant_reference": "'order-' || n",
    "payer_msisdn_index": "sha256(mod(n, 100000)::text::bytea)",
    "status": "'succeeded'",
    "created_at": "to_timestamp((%d + n) / 1000.0)",
    "completed_at": "to_timestamp((%d + n) / 1000.0)",
}
ATTEMPT = {
    "id": "bench_id(n, 'attempt')",
    "payment_id": "bench_id(n, 'payment')",
    "reference": "bench_id(n, 'reference')",
    "statement_reference": "bench_id(n, 'reference')::text",
    "provider_reference": "n::text",
    "status": "'succeeded'",
    "next_check_at": "NULL",
    "created_at": "to_timestamp((%d + n) / 1000.0)",
    "completed_at": "to_timestamp((%d + n) / 1000.0)",
}
SIGN_TOKENS = """
from uuid import UUID
from apps.vault.tokens import sign_token
print(*(sign_token("callback", UUID(one)) for one in {}))
"""
ROWS_READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"


def run() -> bool:
    with Platform(approve_after_s=0.05, processes=["web"]) as platform:
        url = platform.stack.servers.owner_url
        platform.answers(platform.load(clients=4, duration_s=3))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(MAKE_ID % FIRST_MS)
            fill(connection, 0, SMALL)
            settle(platform)
            small = _measure(platform, connection, SMALL)
            begun = time.monotonic()
            fill(connection, SMALL, LARGE)
            settle(platform)
            say(f"{LARGE} payments after {time.monotonic() - begun:.0f} s")
            large = _measure(platform, connection, LARGE)
    worst, worst_rows = 0.0, 0.0
    for name, (small_ms, small_rows) in small.items():
        large_ms, large_rows = large[name]
        worst = max(worst, large_ms / small_ms)
        worst_rows = max(worst_rows, large_rows / max(small_rows, 1.0))
        say(
            f"{name:9} p95 {small_ms:.2f} then {large_ms:.2f} ms (x{large_ms / small_ms:.2f}), "
            f"rows read {small_rows:.1f} then {large_rows:.1f}"
        )
    result(
        "growth",
        value=worst,
        unit="ratio",
        floor=1.0,
        rows=LARGE,
        rows_read=f"{worst_rows:.2f}",
    )
    return True


def fill(connection: psycopg.Connection, first: int, last: int) -> None:
    for start in range(first, last, BATCH):
        numbers = (start, min(start + BATCH, last) - 1)
        for table, changes in (("payments_payment", PAYMENT), ("payments_attempt", ATTEMPT)):
            connection.execute(copy_statement(connection, table, changes), numbers)
    connection.execute("VACUUM ANALYZE payments_payment, payments_attempt")


def settle(platform: Platform) -> None:
    postgres = platform.stack.servers.postgres
    if postgres is None:
        raise RuntimeError("growth needs its own PostgreSQL: unset DATABASE_URL")
    with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    os.sync()


def copy_statement(
    connection: psycopg.Connection, table: str, changes: dict[str, str]
) -> sql.Composed:
    names = [
        row[0]
        for row in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [table],
        )
    ]
    values = [
        sql.SQL(changes[name].replace("%d", str(FIRST_MS)))
        if name in changes
        else sql.SQL("t.{}").format(sql.Identifier(name))
        for name in names
    ]
    return sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {values}"
        " FROM (SELECT * FROM {table} ORDER BY id DESC LIMIT 1) AS t,"
        " generate_series(%s::bigint, %s::bigint) AS n"
    ).format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(values),
    )


def _measure(
    platform: Platform, connection: psycopg.Connection, rows: int
) -> dict[str, tuple[float, float]]:
    """Operation -> p95 in milliseconds, rows read a request."""
    numbers = [random.randrange(rows) for _ in range(SAMPLE)]
    ids = [
        connection.execute(
            "SELECT bench_id(%s, 'payment'), bench_id(%s, 'attempt')", [n, n]
        ).fetchone()
        for n in numbers
    ]
    payments = [encode_id("pay", payment) for payment, _ in ids]
    attempts = [str(attempt) for _, attempt in ids]
    tokens = platform.stack.manage(
        "shell", "--no-imports", "--command", SIGN_TOKENS.format(attempts)
    ).split()
    plans = {
        "create": {},
        "get": {"method": "GET", "paths": [f"/api/v1/payments/{one}" for one in payments]},
        "list": {
            "method": "GET",
            "paths": ["/api/v1/payments"]
            + [f"/api/v1/payments?starting_after={one}" for one in payments],
        },
        "callback": {
            "paths": [f"/callbacks/mtn_momo/{token}" for token in tokens],
            "payloads": ['{"status":"SUCCESSFUL"}'],
        },
    }
    for plan in plans.values():
        _ask(platform, plan, WARM_S)
    took: dict[str, list[float]] = {name: [] for name in plans}
    read = dict.fromkeys(plans, 0.0)
    # In turn, so that a disturbance of the machine is not one operation's alone.
    for _ in range(ROUNDS):
        for name, plan in plans.items():
            before = _rows_read(connection)
            took[name] += _ask(platform, plan, HOLD_S)
            read[name] += _rows_read(connection) - before
    return {name: (percentile(took[name], 0.95), read[name] / len(took[name])) for name in plans}


def _ask(platform: Platform, plan: dict[str, object], duration_s: float) -> list[float]:
    """How long each took, in milliseconds."""
    if plan:
        plan = {
            "url": platform.stack.urls.web,
            "headers": platform.api_headers,
            "payloads": [""],
            "keyed": False,
            "rate": RATE,
            "duration_s": duration_s,
            **plan,
        }
        answered = platform.answers(platform.send(plan))
    else:
        answered = platform.answers(platform.load(rate=RATE, duration_s=duration_s))
    if set(answered["statuses"]) - {"200", "201"}:
        raise RuntimeError(f"answered {answered['statuses']}")
    took_ms: list[float] = answered["took_ms"]
    return took_ms


def _rows_read(connection: psycopg.Connection) -> float:
    # A backend reports what it read within a second of its last statement.
    time.sleep(2.0)
    (count,) = connection.execute(ROWS_READ).fetchone() or (0,)
    return float(count)
