"""Planted incidents found within a minute, and false alarms of thirty simulated days.

Sixteen faults are planted in simulated rails at noon, at three places of the running minute, and
the rules look each ten seconds; then thirty days without any, at 1, 10 and 1,000 payments a minute.
All of it is the product's own rules over simulated traffic (tests/monitoring/traffic.py): no clock
and no server has a say. Value: the faults found within 60 seconds at their slowest place, of all.
"""

from __future__ import annotations

import time

from apps.monitoring.rules.defaults import BY_CODE
from benchmarks.result import percentile, result, say
from tests.monitoring.traffic import DAY, HOUR, PAYERS, Fault, Rail, alarms

NOON = 4 * DAY + 12 * HOUR
WITHIN_S = 60
DAYS = 30
RATES = (1, 10, 1000)
FALSE_ALARMS_MAX = 1
# Where in the running minute it begins.
PLACES_S = (0, 20, 50)

# (payments a minute, on average over the week; what befalls the rail)
FAULTS: dict[str, tuple[int, Fault]] = {
    "down": (100, Fault(0, rail_failures=1.0)),
    "down, small rail": (30, Fault(0, rail_failures=1.0)),
    "down, large rail": (1000, Fault(0, rail_failures=1.0)),
    "half of it down": (100, Fault(0, rail_failures=0.5)),
    "a third of it down": (100, Fault(0, rail_failures=0.35)),
    "a quarter of it down": (300, Fault(0, rail_failures=0.25)),
    "ten points more fail": (1000, Fault(0, rail_failures=0.12)),
    "ten points less succeed": (1000, Fault(0, payer_failures=PAYERS + 0.10)),
    "twenty points less succeed": (300, Fault(0, payer_failures=PAYERS + 0.20)),
    "half of the prompts lost": (100, Fault(0, payer_failures=0.55)),
    "no prompt arrives": (100, Fault(0, payer_failures=0.98)),
    "all answers slow": (100, Fault(0, slow=1.0)),
    "half of the answers slow": (100, Fault(0, slow=0.5)),
    "silent": (100, Fault(0, part=0.0)),
    "silent, large rail": (1000, Fault(0, part=0.0)),
    "almost silent": (300, Fault(0, part=0.05)),
}


def run() -> bool:
    waits: list[float] = []
    found = 0
    for name, (a_minute, fault) in FAULTS.items():
        slowest = max(_wait(a_minute, fault, NOON + place) for place in PLACES_S)
        found += slowest <= WITHIN_S
        waits.append(slowest)
        said = f"{slowest:.0f} s" if slowest <= WITHIN_S else "NOT in time"
        say(f"{name}, {a_minute} a minute: {said}")
    false_alarms = {}
    looks, began = 0, time.monotonic()
    for a_minute in RATES:
        rail = Rail(a_minute, seed=7)
        rail.remember()
        rung = alarms(rail, BY_CODE, HOUR, DAYS * DAY)
        false_alarms[a_minute] = len(rung)
        looks += (DAYS * DAY - HOUR) // rail.step_s
        say(f"{DAYS} days at {a_minute} a minute: {len(rung)} false alarms {rung[:3]}")
    result(
        "alerts",
        value=float(found),
        unit="found",
        floor=float(len(FAULTS)),
        found_p50_s=percentile(waits, 0.5),
        found_max_s=max(waits),
        false_alarms=sum(false_alarms.values()),
        false_alarms_max=max(false_alarms.values()),
        looks=looks,
        us_per_look=(time.monotonic() - began) / looks * 1e6,
    )
    return found == len(FAULTS) and max(false_alarms.values()) <= FALSE_ALARMS_MAX


def _wait(a_minute: int, fault: Fault, begin: int) -> float:
    """Seconds from its beginning to the first finding."""
    begun = Fault(
        begin,
        rail_failures=fault.rail_failures,
        payer_failures=fault.payer_failures,
        slow=fault.slow,
        part=fault.part,
    )
    rail = Rail(a_minute, seed=begin, faults=(begun,))
    rail.remember()
    rung = [at for at, _ in alarms(rail, BY_CODE, begin, begin + 10 * WITHIN_S) if at > begin]
    return float(rung[0] - begin) if rung else float("inf")
