"""Whether the suite sees what breaks money: `make planted`.

    python -m tests.planted_bugs [words of a bug's name]

First the tests that are named for the bugs run without any; then each bug is planted, alone, in a
copy of the tree. It ends in one line, RESULT planted …, and with 0 only if every bug was seen.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from local.processes import interruptible
from tests.planted_bugs.every_bug import BUGS
from tests.planted_bugs.hunt import hunt, run_tests

AT_ONCE = 2


def main(words: list[str]) -> int:
    bugs = [bug for bug in BUGS if all(word in f"{bug.name} {bug.path}" for word in words)]
    begun = time.monotonic()
    tests = sorted({test for bug in bugs for test in bug.tests})
    code, said = run_tests(tests, "-n", str(AT_ONCE), "--dist", "loadgroup")
    if code != 0:
        print(f"{said}\nThe tests fail without a bug: they prove nothing.")
        return 1
    print(f"{time.monotonic() - begun:5.1f} s  no bug: {said.splitlines()[-1]}", flush=True)
    caught = 0
    with interruptible(), ThreadPoolExecutor(AT_ONCE) as threads:
        for found in threads.map(hunt, bugs):
            caught += found.is_caught
            print(found, flush=True)
    print(f"took {time.monotonic() - begun:.0f} s")
    print(f"RESULT planted caught={caught} of={len(bugs)}")
    return 0 if bugs and caught == len(bugs) else 1


sys.exit(main(sys.argv[1:]))
