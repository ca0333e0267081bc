"""`make run`: the platform on this machine, until Ctrl-C."""

import sys
from collections.abc import Callable
from pathlib import Path

from local.processes import ProcessFailed, interruptible
from local.server import ServerError
from local.stack import ROOT, Stack, StackError


def main() -> int:
    return run_guarded(_run)


def run_guarded(work: Callable[[], int]) -> int:
    """Do the work; turn what may go wrong into a sentence and an exit code."""
    try:
        with interruptible():
            return work()
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except (ServerError, StackError, ProcessFailed) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    except PermissionError as problem:
        print(
            f"{problem}\nDoes that file belong to another user? Run this as the same one.",
            file=sys.stderr,
        )
        return 1


def prepare(stack: Stack) -> None:
    """Servers and an up-to-date schema, told on the screen."""
    stack.prepare()
    say(f"Servers   PostgreSQL {_address(stack.servers.database_url, stack.servers.postgres)}")
    say(f"          Valkey     {_address(stack.servers.redis_url, stack.servers.valkey)}")
    stack.manage("migrate", "--verbosity", "0")
    say("Schema    up to date")


def serve(stack: Stack) -> int:
    """Tell the addresses and stay until Ctrl-C, which is how this ends well."""
    say("")
    addresses = {
        f"{stack.urls.web}/admin/": "staff and admin",
        f"{stack.urls.web}/docs/": "the developer's pages",
        f"{stack.urls.web}/api/v1/": "the merchants' API",
        f"ws{stack.urls.realtime.removeprefix('http')}/ws/v1/events": "their events in real time",
        f"{stack.urls.simulators}/": "the providers' simulators",
        f"{_shown(stack.var / 'log')}/": "one log a process",
        _shown(stack.var / "manage.env"): "read by `.` in another terminal, manage.py works there",
    }
    width = max(map(len, addresses))
    for address, what in addresses.items():
        say(f"  {address:<{width}}  {what}")
    say("")
    say("Serving. Ctrl-C stops everything.")
    try:
        stack.serve(say)
    except KeyboardInterrupt:
        say("\nStopping ...")
    return 0


def say(line: str) -> None:
    print(line, flush=True)


def _run() -> int:
    stack = Stack(ROOT / "var")
    try:
        prepare(stack)
        stack.start()
        return serve(stack)
    finally:
        stack.stop()


def _address(url: str, ours: object) -> str:
    # Never the whole URL: it holds the password.
    place = url.rpartition("@")[2]
    return place if ours is not None else f"{place} (yours, from the environment)"


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(main())
