"""Dirty mornings: reports with known breaks, in eleven ways of writing.

README.md says how any engine may run them; `make bench NAME=morning` runs the product, by its own
command: MORNING_CLEAN payments and MORNING_COPIES of each break in each dialect, with MORNING_SEED.
The value is the share of lines, files and attempts that are explained as they are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

SEED = int(os.environ.get("MORNING_SEED", "1"))
COPIES = int(os.environ.get("MORNING_COPIES", "10"))
CLEAN = int(os.environ.get("MORNING_CLEAN", "400"))
SHARE_MIN = 0.999
MEASURE = "from benchmarks.morning import measure; measure()"


def run() -> bool:
    # Whoever makes mornings for another engine has nothing of the platform.
    from benchmarks.platform import Platform
    from benchmarks.result import result, say
    from local.stack import ROOT

    with Platform(approve_after_s=0.05, processes=["web"]) as platform:
        stack = platform.stack
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "--command", MEASURE],
            # The processes may not fill the books of a day.
            env=stack.environment | {"DATABASE_URL": stack.servers.owner_url},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    measured = json.loads(done.stdout.splitlines()[-1])
    for line in measured["differing"]:
        say(line)
    share = measured["right"] / measured["asked"]
    result(
        "morning",
        value=share,
        unit="ratio",
        floor=SHARE_MIN,
        asked=measured["asked"],
        right=measured["right"],
        wrong_matches=measured["wrong"],
        without_reason=measured["without_reason"],
        mornings=measured["mornings"],
        lines=measured["lines"],
    )
    return share >= SHARE_MIN and not measured["wrong"] and not measured["without_reason"]


def measure() -> None:
    """In a process of the platform: prints what the product made of all mornings, as JSON."""
    from benchmarks.morning.dialects import DIALECTS
    from benchmarks.morning.generate import answers, generate
    from benchmarks.morning.product import verdicts_of
    from benchmarks.morning.score import Score, score

    total, lines = Score(), 0
    for dialect in DIALECTS:
        morning = generate(dialect, seed=SEED, copies=COPIES, clean=CLEAN)
        lines += sum(len(report.movements) for report in morning.reports)
        total += score(answers(morning), verdicts_of(morning))
    print(
        json.dumps(
            {
                "asked": total.asked,
                "right": total.right,
                "wrong": total.wrong,
                "without_reason": total.without_reason,
                "mornings": len(DIALECTS),
                "lines": lines,
                "differing": [f"{truth} / {said}" for truth, said in total.differing[:20]],
            }
        )
    )
