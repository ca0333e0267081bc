"""Ten times as many lines against ten times as many attempts: how many times as long it takes.

As `reconcile` measures it, first RECONCILE_SMALL, then RECONCILE_LARGE lines, each of a day of its
own against an otherwise empty platform. The value is the product's time as a multiple of itself.
"""

from __future__ import annotations

import os

import psycopg

from benchmarks.platform import Platform
from benchmarks.reconcile import fill, measure, open_day
from benchmarks.result import result

SMALL = int(float(os.environ.get("RECONCILE_SMALL", "1e6")))
LARGE = int(float(os.environ.get("RECONCILE_LARGE", "1e7")))
# For ten times as many.
RATIO_MAX = 15.0
RATIO_GOAL = 11.0


def run() -> bool:
    measured = []
    for lines in (SMALL, LARGE):
        with Platform(approve_after_s=0.05, processes=["web"]) as platform:
            platform.answers(platform.load(clients=1, duration_s=1))
            with psycopg.connect(platform.stack.servers.owner_url, autocommit=True) as connection:
                day = open_day(connection)
                fill(connection, day, lines)
                measured.append(measure(platform, connection, day, lines))
    small, large = measured
    ratio = large.took_s / small.took_s
    result(
        "reconcile_growth",
        value=ratio,
        unit="ratio",
        floor=RATIO_GOAL * LARGE / SMALL / 10,
        small=SMALL,
        large=LARGE,
        right=large.right,
        false=large.false,
        peak_mb=large.peak_mb,
    )
    return small.is_right and large.is_right and ratio <= RATIO_MAX * LARGE / SMALL / 10
