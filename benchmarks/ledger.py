"""What a payment books, its amount, fee and tax in one transaction, as the product posts it.

The value is bookings a second of one process; the floor is one client of pgbench with the very SQL.
"""

from __future__ import annotations

import json
import os
import time

from benchmarks.floor import measure_floor, post_once
from benchmarks.platform import Platform
from benchmarks.result import percentile, result

BOOKINGS = int(float(os.environ.get("LEDGER_BOOKINGS", "1e4")))
TRANSFERS = 3


def run() -> bool:
    with Platform(approve_after_s=0.05, processes=["simulators"]) as platform:
        floor = measure_floor(platform, "post", clients=1)
        printed = platform.stack.manage(
            *("shell", "--no-imports", "--command"),
            f"from benchmarks.ledger import measure; measure({BOOKINGS})",
            timeout_s=3_600,
        )
        measured = json.loads(printed.splitlines()[-1])
    result(
        "ledger",
        value=measured["rate"],
        unit="bookings/s",
        floor=floor,
        transfers=TRANSFERS,
        p50_ms=f"{measured['p50_ms']:.2f}",
        p99_ms=f"{measured['p99_ms']:.2f}",
    )
    balance: int = measured["balance"]
    return balance == BOOKINGS * (1_500 - 30 - 6)


def measure(bookings: int) -> None:
    """Prints one line of JSON. In the platform's environment."""
    from apps.ledger.models import Balance
    from apps.merchants.models import Merchant

    merchant = Merchant.objects.get(country="CM")
    took_ms = []
    begun = time.perf_counter()
    for _ in range(bookings):
        each = time.perf_counter()
        post_once(lambda _statement: None, merchant, "")
        took_ms.append((time.perf_counter() - each) * 1_000)
    took_s = time.perf_counter() - begun
    payable = Balance.objects.get(
        account__owner_id=merchant.pk, account__kind="merchant_payable", account__livemode=False
    )
    print(
        json.dumps(
            {
                "rate": bookings / took_s,
                "p50_ms": percentile(took_ms, 0.50),
                "p99_ms": percentile(took_ms, 0.99),
                "balance": payable.amount,
            }
        )
    )
