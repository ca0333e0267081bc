"""One crash at each named place in the code, with payments in flight."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.chaos.orders import LOSES_CALLBACK, MIX, Order, Rush, place, some_orders
from tests.chaos.platform import Platform

IN_FLIGHT = 20
REACHED_S_MAX = 20.0


@dataclass
class Kill:
    """Where, and the orders that were in flight."""

    point: str
    platform: Platform
    orders: list[Order] = field(default_factory=list)

    @property
    def was_reached(self) -> bool:
        return self.platform.has_been_killed_at(self.point)


def kill_a_web_worker(kill: Kill) -> None:
    """One of two; its parent starts another by itself."""
    # One callback in twenty never comes: such a payment is asked about after ten seconds.
    kill.orders = some_orders(IN_FLIGHT, mix=(*MIX[1:], LOSES_CALLBACK))
    kill.platform.arm(kill.point)
    place(kill.platform, kill.orders)
    _wait_until_reached(kill)


def kill_the_worker(kill: Kill) -> None:
    """Its parent starts another by itself."""
    kill.orders = some_orders(IN_FLIGHT)
    rush = Rush(kill.platform, kill.orders, rate=100)
    rush.wait_until_created(IN_FLIGHT // 4)
    kill.platform.arm(kill.point)
    rush.wait()
    _wait_until_reached(kill)


def kill_the_stopping_worker(kill: Kill) -> None:
    """While it finishes what it has, because it was asked to stop; it stays down."""
    kill.orders = some_orders(IN_FLIGHT * 3)
    rush = Rush(kill.platform, kill.orders, rate=100)
    rush.wait_until_created(IN_FLIGHT)
    kill.platform.arm(kill.point)
    kill.platform.ask_to_stop("worker")
    rush.wait()
    try:
        kill.platform.stack.wait_until_dead("worker", REACHED_S_MAX)
    except subprocess.TimeoutExpired:
        kill.platform.stack.kill("worker")


def kill_the_import(kill: Kill) -> None:
    """Or the worker, if it is quicker at matching; the next one takes over."""
    kill.orders = some_orders(IN_FLIGHT)
    place(kill.platform, kill.orders, rate=1000)
    kill.platform.arm(kill.point)
    kill.platform.manage_to_be_killed(*import_of_today(kill.platform))


def import_of_today(platform: Platform) -> list[str]:
    """The arguments that import the provider's report as it is now."""
    day = datetime.now(UTC).date().isoformat()
    report = platform.control("reports", {"provider": "mtn_momo", "day": day})
    (file,) = report["files"]
    account = platform.merchant["provider_accounts"]["mtn_momo"]
    return ["import_statement", "--account", account, "--day", day, file]


def _wait_until_reached(kill: Kill) -> None:
    deadline = time.monotonic() + REACHED_S_MAX
    while not kill.was_reached and time.monotonic() < deadline:
        time.sleep(0.01)


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
STOPPING_WORKER = {"outbox.ack.before_commit": 1}
COMMAND = {
    "statements.stage.before_commit": 1,
    "statements.stage.after_commit": 1,
    "statements.match.before_commit": 1,
    "statements.match.after_commit": 1,
}
PASSES = {**WEB, **WORKER, **STOPPING_WORKER, **COMMAND}
