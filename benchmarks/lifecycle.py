"""Payments a second through the whole life: API, provider, callback, ledger, signed webhook.

Everything on this machine: simulator, load generator and verifying receiver included. Open loop.
The rate climbs until the backlog grows; the last good rate is then held for two minutes.
"""

from __future__ import annotations

import os
import time

from benchmarks.floor import measure_floor
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

START = float(os.environ.get("BENCH_RATE", "120"))
STEP = 1.15
PROBE_S = 12.0
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "120"))


def run() -> bool:
    with Platform(approve_after_s=0.05, measure_floor=measure_floor) as platform:
        floor = platform.floor
        say(f"floor: pgbench of the product's own statements, {floor:.0f} payments/s")
        rate, done = START, 0
        best = 0.0
        # Warm: prepared statements, pools, connections.
        done = _hold(platform, 40, 5.0, done)[1]
        while True:
            is_steady, done, *_ = _hold(platform, rate, PROBE_S, done)
            if not is_steady:
                break
            best = rate
            rate *= STEP
        rate = best or START
        while True:
            is_steady, done, statuses, took_ms = _hold(platform, rate, HOLD_S, done)
            if is_steady:
                break
            rate *= 0.92
            if rate < 10:
                say("no rate was sustained")
                return False
        books = platform.books_are_clean()
        say(f"books: {books}")
        result(
            "lifecycle",
            value=rate,
            unit="payments/s",
            floor=floor,
            held_s=HOLD_S,
            create_p50_ms=percentile(took_ms, 0.50),
            create_p99_ms=percentile(took_ms, 0.99),
            created=statuses.get("201", 0),
            paid=done,
        )
        return True


def _hold(
    platform: Platform, rate: float, duration_s: float, done: int
) -> tuple[bool, int, dict[str, int], list[float]]:
    """One step at this rate. Steady: all created, and the backlog of the second half is no
    larger than a second's worth above that of the first, at most three seconds' worth in all."""
    load = platform.load(rate=rate, duration_s=duration_s)
    begun = time.monotonic()
    # The generator starts its interpreter first.
    backlog: list[float] = []
    while load.poll() is None:
        time.sleep(1.0)
        elapsed = time.monotonic() - begun
        if elapsed < duration_s:
            backlog.append(rate * elapsed - (platform.succeeded() - done))
    answered = platform.answers(load)
    statuses = answered["statuses"]
    created = statuses.get("201", 0)
    is_quiet = platform.wait_until_quiet(done + created)
    drained_s = time.monotonic() - begun - duration_s
    half = len(backlog) // 2
    first, second = sum(backlog[:half]) / max(1, half), sum(backlog[half:]) / max(1, half)
    is_steady = (
        created == answered["sent"]
        and is_quiet
        and second < first + max(rate, 20)
        and max(backlog[half:], default=0.0) < 3 * rate
    )
    say(
        f"{rate:6.0f}/s for {duration_s:.0f} s: {'steady' if is_steady else 'NOT steady'}, "
        f"backlog {first:.0f} then {second:.0f}, create p99 "
        f"{percentile(answered['took_ms'], 0.99):.0f} ms, quiet {drained_s:.1f} s after, {statuses}"
    )
    return is_steady, platform.succeeded(), statuses, answered["took_ms"]
