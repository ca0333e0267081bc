"""Whole lives a second of what goes out: hold, order, answer, ledger, signed webhook.

A rate is held for a minute, lower and lower until the backlog stays within three seconds of it. The
floor is that of payments: pgbench of their own statements.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

from benchmarks.floor import measure_floor
from benchmarks.platform import Platform
from benchmarks.result import percentile, result, say

HOLD_S = float(os.environ.get("BENCH_HOLD_S", "60"))
START = float(os.environ.get("BENCH_RATE", "80"))
BACKLOG_S_MAX = 3.0
FUNDING_S = 20.0


def measure(kind: str, plan: Callable[[Platform], dict[str, Any]]) -> bool:
    """Hold a rate of this kind; `plan` says what to send."""
    with Platform(approve_after_s=0.05, measure_floor=measure_floor) as platform:
        fund(platform)
        rate, done = START, 0
        while True:
            load = platform.send(
                {"headers": platform.api_headers, "keyed": True, "duration_s": HOLD_S, "rate": rate}
                | plan(platform)
            )
            answered = platform.answers(load)
            made = answered["statuses"].get("201", 0)
            begun = time.monotonic()
            is_quiet = platform.wait_until_quiet(done + made, kind=kind)
            drained_s = time.monotonic() - begun
            done += made
            is_steady = made == answered["sent"] and is_quiet and drained_s < BACKLOG_S_MAX
            say(f"{rate:.0f}/s: {answered['statuses']}, drained in {drained_s:.1f} s")
            if is_steady:
                break
            rate *= 0.8
            if rate < 5:
                say("no rate was sustained")
                return False
        say(f"books: {platform.books_are_clean()}")
        result(
            kind,
            value=rate,
            unit=f"{kind}s/s",
            floor=platform.floor,
            held_s=HOLD_S,
            create_p50_ms=percentile(answered["took_ms"], 0.50),
            create_p99_ms=percentile(answered["took_ms"], 0.99),
            done=done,
        )
        return True


def fund(platform: Platform) -> None:
    """Payments that give the merchant a balance, and refunds something to give back."""
    load = platform.load(rate=60, duration_s=FUNDING_S)
    paid = platform.answers(load)["statuses"]["201"]
    platform.wait_until_quiet(paid)


def payouts(platform: Platform) -> dict[str, Any]:
    payloads = [
        json.dumps({"amount": 1, "currency": "XAF", "payee": {"phone": f"6770{number:05}"}})
        for number in range(0, 1000, 7)
    ]
    return {"url": f"{platform.stack.urls.web}/api/v1/payouts", "payloads": payloads}


def refunds(platform: Platform) -> dict[str, Any]:
    """Of one franc each, of every payment in turn: a payment has more than one, as in life."""
    paid = {payment for type, payment in platform.webhook_times() if type == "payment.succeeded"}
    payloads = [json.dumps({"payment": payment, "amount": 1}) for payment in sorted(paid)]
    return {"url": f"{platform.stack.urls.web}/api/v1/refunds", "payloads": payloads}
