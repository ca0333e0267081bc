"""`make bench` runs all, `make bench NAME=lifecycle` one. Each ends with its RESULT line."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    "create",
    "growth",
    "storage",
    "callback",
    "webhooks",
    "live_first",
    "sockets",
    "isolation",
    "silence",
    "streams_isolation",
    "lifecycle",
    "refund",
    "payout",
    "bulk",
    "bulk_limits",
    "reports",
    "reconcile",
    "reconcile_growth",
    "second_pass",
    "morning",
    "tickets",
    "alerts",
    "bulk_intake",
    "ledger",
    "settlement",
    "telemetry",
    "restore",
)


def main() -> int:
    names = sys.argv[1:] or list(NAMES)
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark {unknown[0]}; there are: {', '.join(NAMES)}")
        return 2
    failed = 0
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        failed += not module.run()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
