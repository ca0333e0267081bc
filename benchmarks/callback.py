"""From a provider's callback received to the merchant's webhook received: p99 in milliseconds.

Open loop, everything on this machine. The floor is what no design avoids: asking the provider over
HTTP, one durable commit, and telling the merchant over HTTP, one after the other, by one process
that does nothing else.
"""

from __future__ import annotations

import os
import time
import urllib.request

import psycopg

from apps.core.public_ids import encode_id
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

RATE = float(os.environ.get("BENCH_RATE", "50"))
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "30"))


def run() -> bool:
    with Platform(approve_after_s=0.05) as platform:
        warm = platform.answers(platform.load(rate=30, duration_s=4))
        done = warm["statuses"].get("201", 0)
        platform.wait_until_quiet(done)
        floor_ms = _floor_ms(platform)
        begun = time.time()
        answered = platform.answers(platform.load(rate=RATE, duration_s=HOLD_S))
        created = answered["statuses"].get("201", 0)
        if not platform.wait_until_quiet(done + created):
            say("not every payment was paid")
            return False
        took_ms = _took_ms(platform, since=begun)
        books = platform.books_are_clean()
        say(f"books: {books}")
        result(
            "callback",
            value=percentile(took_ms, 0.99),
            unit="ms",
            floor=percentile(floor_ms, 0.99),
            rate=RATE,
            p50=percentile(took_ms, 0.50),
            p999=percentile(took_ms, 0.999),
            floor_p50=percentile(floor_ms, 0.50),
            payments=len(took_ms),
        )
        return True


def _took_ms(platform: Platform, *, since: float) -> list[float]:
    """For each payment: first callback stored as received, to payment.succeeded received."""
    times = platform.webhook_times()
    with psycopg.connect(platform.stack.environment["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT a.payment_id, extract(epoch FROM min(c.received_at))::float8"
            "  FROM providers_callback c JOIN payments_attempt a ON a.id = c.attempt_id"
            " GROUP BY 1"
        ).fetchall()
    return [
        (times["payment.succeeded", encode_id("pay", payment_id)] - received) * 1000
        for payment_id, received in rows
        if received > since
    ]


def _floor_ms(platform: Platform) -> list[float]:
    took = []
    health = f"{platform.stack.urls.simulators}/health"
    url = platform.stack.servers.owner_url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE floor (id bigserial PRIMARY KEY, body text)")
        for _ in range(500):
            begun = time.perf_counter()
            urllib.request.urlopen(health, timeout=5).close()
            connection.execute("INSERT INTO floor (body) VALUES (%s)", ["x" * 600])
            urllib.request.urlopen(platform.sink_url, timeout=5).close()
            took.append((time.perf_counter() - begun) * 1000)
            time.sleep(max(0.0, 1 / RATE - (time.perf_counter() - begun)))
        connection.execute("DROP TABLE floor")
    return took
