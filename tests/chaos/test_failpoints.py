"""Killed at every named place in the code, with payments in flight, a restart mends everything.

The crashes follow each other: the process that mends one is killed at the next point. Every
payment remembers at which point it was in flight, and is judged when all is quiet.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from apps.core.failpoints import NAMES
from tests.chaos.orders import LOSES_CALLBACK, MIX, Order, Rush, place, some_orders
from tests.chaos.platform import Platform
from tests.chaos.verdict import find_faults

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(300)]

IN_FLIGHT = 20
REACHED_S_MAX = 15.0

# Who passes there, and at which pass he is killed: not the first, so that others have come
# further. Claims are made a batch at a time, and so are passed less often.
WEB = {
    "api.create.before_commit": 4,
    "api.create.after_commit": 4,
    "callbacks.store.before_commit": 4,
    "callbacks.store.after_commit": 4,
}
WORKER = {
    "outbox.claim.before_commit": 3,
    "outbox.claim.after_commit": 3,
    "payments.claim.before_commit": 2,
    "payments.claim.after_commit": 2,
    "payments.submit.before_call": 5,
    "payments.submit.after_call": 5,
    # The later half of the news is of money: booked and told, but not committed.
    "payments.apply.before_commit": 25,
    "payments.apply.after_commit": 25,
    "payments.poll.before_call": 5,
    "payments.poll.after_call": 5,
    "callbacks.handle.before_query": 5,
    "callbacks.handle.after_query": 5,
    "ledger.post.before_insert": 5,
    "webhooks.promise.before_insert": 5,
    "webhooks.claim.after_commit": 2,
    "webhooks.deliver.before_send": 5,
    "webhooks.deliver.after_send": 5,
    "webhooks.mark.after_commit": 5,
}
# Passed only by a worker that was asked to stop and finishes what it has.
STOPPING_WORKER = {"outbox.ack.before_commit": 1}
COMMAND = {
    "statements.stage.before_commit": 1,
    "statements.stage.after_commit": 1,
    "statements.match.before_commit": 1,
    "statements.match.after_commit": 1,
}


@dataclass
class Kill:
    """One crash: where, whether it came, and the orders that were in flight."""

    point: str
    platform: Platform
    orders: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.once = self.platform.folder / f"killed at {self.point}"

    @property
    def was_reached(self) -> bool:
        return self.once.exists()

    def environ(self, at_pass: int) -> dict[str, str]:
        return {
            "LOMI_FAILPOINT": f"{self.point}:{at_pass}",
            "LOMI_FAILPOINT_ONCE": str(self.once),
        }

    def restart_to_be_killed(self, name: str, at_pass: int) -> None:
        """Start the process so that it dies there once `arm` is called: first it mends."""
        self.once.touch()
        self.platform.stack.restart(name, self.environ(at_pass))

    def arm(self) -> None:
        self.once.unlink(missing_ok=True)

    def wait_until_reached(self) -> None:
        deadline = time.monotonic() + REACHED_S_MAX
        while not self.was_reached and time.monotonic() < deadline:
            time.sleep(0.01)


@pytest.fixture(scope="module")
def kills(platform) -> dict[str, Kill]:
    """Crash at every point, then wait for quiet."""
    done = {point: Kill(point, platform) for point in NAMES}
    for point, at_pass in WEB.items():
        kill_a_web_worker(done[point], at_pass)
    platform.stack.restart("web")
    for point, at_pass in WORKER.items():
        kill_the_worker(done[point], at_pass)
    for point, at_pass in STOPPING_WORKER.items():
        kill_the_stopping_worker(done[point], at_pass)
    platform.stack.restart("worker")
    for point, at_pass in COMMAND.items():
        kill_the_import(done[point], at_pass)
    assert platform.wait_until_quiet(), platform.unfinished()
    for kill in done.values():
        place(platform, kill.orders, rate=1000)
    return done


def kill_a_web_worker(kill: Kill, at_pass: int) -> None:
    """One of two; its parent starts another by itself."""
    kill.restart_to_be_killed("web", at_pass)
    kill.arm()
    # One callback in twenty never comes: such a payment is asked about after ten seconds.
    kill.orders = some_orders(IN_FLIGHT, mix=(*MIX[1:], LOSES_CALLBACK))
    place(kill.platform, kill.orders)
    kill.wait_until_reached()


def kill_the_worker(kill: Kill, at_pass: int) -> None:
    kill.restart_to_be_killed("worker", at_pass)
    kill.orders = some_orders(IN_FLIGHT)
    rush = Rush(kill.platform, kill.orders, rate=100)
    kill.arm()
    rush.wait()
    wait_until_dead(kill)


def kill_the_stopping_worker(kill: Kill, at_pass: int) -> None:
    kill.restart_to_be_killed("worker", at_pass)
    kill.orders = some_orders(IN_FLIGHT * 3)
    rush = Rush(kill.platform, kill.orders, rate=100)
    rush.wait_until_created(IN_FLIGHT)
    kill.arm()
    kill.platform.ask_to_stop("worker")
    rush.wait()
    wait_until_dead(kill)


def wait_until_dead(kill: Kill) -> None:
    try:
        kill.platform.stack.wait_until_dead("worker", REACHED_S_MAX)
    except subprocess.TimeoutExpired:
        # The test of this point will fail; the others go on.
        kill.platform.stack.kill("worker")


def kill_the_import(kill: Kill, at_pass: int) -> None:
    kill.orders = some_orders(IN_FLIGHT)
    place(kill.platform, kill.orders)
    arguments = import_of_today(kill.platform)

    kill.platform.manage_armed(kill.environ(at_pass), *arguments)

    kill.platform.stack.manage(*arguments)


def import_of_today(platform: Platform) -> list[str]:
    """The arguments that import the provider's report as it is now."""
    day = datetime.now(UTC).date().isoformat()
    report = platform.control("reports", {"provider": "mtn_momo", "day": day})
    (file,) = [path for path in report["files"] if "XAF" in path]
    account = platform.merchant["provider_accounts"]["mtn_momo"]
    return ["import_statement", "--account", account, "--day", day, file]


def test_every_failpoint_has_its_victim():
    assert {*WEB, *WORKER, *STOPPING_WORKER, *COMMAND} == set(NAMES)


@pytest.mark.parametrize("point", NAMES)
def test_a_process_killed_here_loses_nothing_and_charges_nobody_twice(platform, kills, point):
    kill = kills[point]

    assert kill.was_reached
    assert len(kill.orders) >= IN_FLIGHT
    assert find_faults(platform, kill.orders) == {}


def test_after_every_crash_the_books_agree_with_the_provider_line_by_line(platform, kills):
    said = platform.stack.manage(*import_of_today(platform))

    still_open = platform.rows(
        "SELECT kind, detail FROM reconciliation_discrepancy WHERE status = 'open'"
    )
    assert still_open == [], said
    assert " 0 violations" in platform.check_books()
