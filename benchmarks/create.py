"""Payments created a second at 1, 8 and 32 clients, beside pgbench running the same statement.

Every check is on: key, scopes, limits, idempotency, routing, encryption. The value is the ratio
at 8 clients. Then, at a hundred a second by the clock, the time an answer takes.
"""

from __future__ import annotations

import os

from benchmarks.floor import measure_floor
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

CLIENTS = (1, 8, 32)
MEASURED_AT = 8
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "12"))
RATE = 100.0


def run() -> bool:
    floors: dict[int, float] = {}

    def measure(platform: Platform) -> float:
        for clients in CLIENTS:
            floors[clients] = measure_floor(platform, "create", clients)
        return floors[MEASURED_AT]

    with Platform(approve_after_s=0.05, measure_floor=measure, processes=["web"]) as platform:
        platform.answers(platform.load(clients=8, duration_s=4))
        ratios: dict[int, float] = {}
        for clients in CLIENTS:
            answered = platform.answers(platform.load(clients=clients, duration_s=HOLD_S))
            if set(answered["statuses"]) != {"201"}:
                say(f"not every payment was created: {answered['statuses']}")
                return False
            rate = answered["sent"] / HOLD_S
            ratios[clients] = rate / floors[clients]
            say(
                f"{clients:3} clients: {rate:.0f}/s, pgbench {floors[clients]:.0f}/s, "
                f"ratio {ratios[clients]:.3f}, p99 {percentile(answered['took_ms'], 0.99):.1f} ms"
            )
        calm = platform.answers(platform.load(rate=RATE, duration_s=HOLD_S))["took_ms"]
        result(
            "create",
            value=ratios[MEASURED_AT],
            unit="ratio",
            floor=1.0,
            ratio_1_client=f"{ratios[1]:.3f}",
            ratio_32_clients=f"{ratios[32]:.3f}",
            per_second=floors[MEASURED_AT] * ratios[MEASURED_AT],
            at_100_p50_ms=percentile(calm, 0.50),
            at_100_p99_ms=percentile(calm, 0.99),
        )
        return True
