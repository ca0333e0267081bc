"""`make demo`: the platform from nothing, one payment lived through, then open to visitors.

With ARGS=--exit it ends after the story: with 0 only if the story went as it should.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from local import run, story
from local.night_watch import NightWatch
from local.run import say
from local.shop import Shop
from local.stack import ROOT, Stack, StackError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make demo ARGS=...", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end after the story")
    asked = parser.parse_args(arguments)
    return run.run_guarded(lambda: _demonstrate(ends_after_story=asked.exit))


def _demonstrate(*, ends_after_story: bool) -> int:
    stack = Stack(ROOT / "var")
    shop, watch = Shop(), NightWatch()
    try:
        run.prepare(stack)
        seeded = _seed(stack, webhook_url=shop.url, alert_url=watch.url)
        stack.start()
        say("Running   web, realtime, worker, beat, simulators\n")
        went_well = story.tell(stack, seeded, shop, watch, say)
        if ends_after_story:
            return 0 if went_well else 1
        return run.serve(stack)
    finally:
        stack.stop()
        shop.close()
        watch.close()


def _seed(stack: Stack, *, webhook_url: str, alert_url: str) -> dict[str, Any]:
    """What seed_demo made: its last line is a JSON object with the keys and ids of the story."""
    addresses = ("--webhook-url", webhook_url, "--alert-url", alert_url)
    lines = stack.manage("seed_demo", *addresses).strip().splitlines()
    try:
        seeded: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise StackError("manage.py seed_demo did not end with one line of JSON.") from None
    say("Data      seeded")
    return seeded


if __name__ == "__main__":
    sys.exit(main())
