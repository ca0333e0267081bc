"""What a payment leaves in the database: bytes with all its rows and indexes, and HOT updates.

The whole life, by the real processes: API, provider, callback, ledger, signed webhook, feed. Sizes
are compared between two moments at which the same share of the space is free: each time after a
vacuum, the first time when as many payments lie behind. An update that is not HOT writes an entry
into every index of its table. `for_ever`: without the tables whose rows have an end.
"""

from __future__ import annotations

import os

import psycopg

from benchmarks.platform import Platform
from benchmarks.result import result, say

RATE = float(os.environ.get("BENCH_RATE", "60"))
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "40"))
# What is allowed, and what is wanted.
BYTES_MAX = 9_000
BYTES_GOAL = 6_000
HOT_SHARE_MIN = 0.8

SIZES = """
SELECT c.relname, pg_table_size(c.oid), pg_indexes_size(c.oid)
  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
"""
# Tables whose rows have an end (apps/core/retention.py).
WITH_AN_END = {
    "core_idempotencyrecord",
    "monitoring_bookcheck",
    "monitoring_railminute",
    "providers_callback",
    "webhooks_delivery",
    "webhooks_deliverystate",
}
# Their rows are those of payments under way: what is measured of them is how many were at once.
OF_PAYMENTS_UNDER_WAY = {"core_outboxmessage", "payments_dueattempt"}
UPDATES = """
SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del FROM pg_stat_user_tables
"""


def run() -> bool:
    with Platform(approve_after_s=0.05) as platform:
        with psycopg.connect(platform.stack.servers.owner_url, autocommit=True) as connection:
            done = _live(platform, 0)
            sizes, updates = _sizes(connection), _updates(connection)
            lived = _live(platform, done) - done
            sizes_after, updates_after = _sizes(connection), _updates(connection)
        books = platform.books_are_clean()
    say(f"books: {books}")
    total = for_ever = updated = hot = 0.0
    say(f"{'a payment':32} rows bytes, indexes bytes; inserts, updates, HOT, deletes")
    for table in sorted(sizes_after):
        rows, indexes = (
            (now - before) / lived
            for now, before in zip(sizes_after[table], sizes.get(table, (0, 0)), strict=True)
        )
        counts = [
            (now - before) / lived
            for now, before in zip(
                updates_after.get(table, [0] * 4), updates.get(table, [0] * 4), strict=True
            )
        ]
        total += 0 if table in OF_PAYMENTS_UNDER_WAY else rows + indexes
        for_ever += 0 if table in WITH_AN_END | OF_PAYMENTS_UNDER_WAY else rows + indexes
        updated += counts[1]
        hot += counts[2]
        if rows + indexes > 1 or sum(counts) > 0.05:
            said = ", ".join(f"{count:.2f}" for count in counts)
            say(f"{table:32} {rows:6.0f} {indexes:6.0f}; {said}")
    share = hot / updated if updated else 1.0
    result(
        "storage",
        value=total,
        unit="bytes/payment",
        floor=BYTES_GOAL,
        most=BYTES_MAX,
        for_ever=for_ever,
        hot_share=f"{share:.3f}",
        hot_share_least=HOT_SHARE_MIN,
        updates=updated,
        payments=lived,
    )
    return total <= BYTES_MAX and share >= HOT_SHARE_MIN


def _live(platform: Platform, done: int) -> int:
    """Payments through their whole life; returns how many have it behind them."""
    answered = platform.answers(platform.load(rate=RATE, duration_s=HOLD_S))
    done += answered["statuses"].get("201", 0)
    if not platform.wait_until_quiet(done):
        raise RuntimeError("not every payment was paid")
    platform.books_are_clean()
    return done


def _sizes(connection: psycopg.Connection) -> dict[str, tuple[int, int]]:
    # Twice: the pages of indexes that the first empties are free to use after the second.
    for _ in range(2):
        connection.execute("VACUUM (ANALYZE, TRUNCATE off)")
    return {name: (rows, indexes) for name, rows, indexes in connection.execute(SIZES)}


def _updates(connection: psycopg.Connection) -> dict[str, list[int]]:
    return {name: counts for name, *counts in connection.execute(UPDATES)}
