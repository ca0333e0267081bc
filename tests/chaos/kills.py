"""One crash at each named place in the code, with payments, refunds and payouts in flight."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, product

from apps.providers.contract import Operation
from tests.chaos.orders import (
    COLLECTS,
    LOSES_CALLBACK,
    MIX,
    PAYOUTS,
    REFUNDS,
    Counterparty,
    Order,
    Rush,
    place,
    some_orders,
)
from tests.chaos.platform import PATIENCE_S, Platform
from tests.tries import at_length

# Half of a mix, or a whole one.
IN_FLIGHT = at_length(len(MIX) // 2, len(MIX))
# Enough for a worker that stops to have some of them left.
STOPPED_AMID = 3 * len(MIX)
MIXES = {Operation.COLLECT: COLLECTS, Operation.REFUND: REFUNDS, Operation.DISBURSE: PAYOUTS}
RUSHES_MAX = 30


@dataclass
class Kill:
    """Where, and the orders that were in flight. `only`: of one operation; None for any."""

    point: str
    platform: Platform
    only: Operation | None = None
    orders: list[Order] = field(default_factory=list)
    mix: Sequence[Counterparty] = ()

    def __post_init__(self) -> None:
        self.mix = self.mix or (MIX if self.only is None else MIXES[self.only])

    @property
    def was_reached(self) -> bool:
        return self.platform.has_been_killed_at(self.point)


def kill_a_web_worker(kill: Kill) -> None:
    """One of two; its parent starts another by itself."""
    kill.platform.wait_until_web_is_steady()
    if kill.only is None:
        # One callback never comes: such a payment is asked about after ten seconds.
        kill.mix = (LOSES_CALLBACK, *kill.mix[1:])
    _rush_until_reached(kill)


def kill_the_worker(kill: Kill) -> None:
    """Its parent starts another by itself."""
    _rush_until_reached(kill)


def kill_the_stopping_worker(kill: Kill) -> None:
    """While it finishes what it has, because it was asked to stop; then another is started, for
    the next kill may need one."""
    kill.orders = some_orders(STOPPED_AMID, mix=kill.mix)
    rush = Rush(kill.platform, kill.orders, rate=50)
    kill.platform.wait_until_submitted(kill.orders[len(MIX) // 2].reference)
    kill.platform.arm(kill.point)
    kill.platform.ask_to_stop("worker")
    rush.wait()
    kill.platform.stack.wait_until_dead("worker", PATIENCE_S)
    kill.platform.start_worker()


def order_and_report(kills: Sequence[Kill]) -> None:
    """Orders for each of these kills, and one report of the provider on all of them."""
    platform = kills[0].platform
    for kill in kills:
        kill.orders = some_orders(IN_FLIGHT, mix=kill.mix)
        place(platform, kill.orders, rate=1000)
    platform.make_report()


def kill_the_import(kill: Kill) -> None:
    """Always of the same report. Who takes it in matches it there and then: what is matched later
    the worker does, and is killed."""
    kill.platform.arm(kill.point)
    kill.platform.import_report()
    if kill.point.startswith("statements.match.") and not kill.was_reached:
        kill.platform.match_again()


def _rush_until_reached(kill: Kill) -> None:
    """Where many are served at once, one rush may not pass often enough. A callback is sent once:
    what a busy machine loses of one rush, the next one brings."""
    kill.platform.arm(kill.point)
    for _ in range(RUSHES_MAX):
        orders = some_orders(IN_FLIGHT, mix=kill.mix)
        kill.orders += orders
        place(kill.platform, orders)
        if _is_reached_soon(kill):
            return
    unfinished = kill.platform.what_is_unfinished()
    raise AssertionError(f"nobody passed {kill.point} in {RUSHES_MAX} rushes; open: {unfinished}")


def _is_reached_soon(kill: Kill) -> bool:
    deadline = time.monotonic() + 2.0
    while not kill.was_reached and time.monotonic() < deadline:
        time.sleep(0.01)
    return kill.was_reached


# Who passes there, and at which pass he is killed: not the first, so that others have come
# further. Claims are made a batch at a time, and so are passed less often.
WEB = {
    "callbacks.store.before_commit": 4,
    "callbacks.store.after_commit": 4,
    "api.create.before_commit": 4,
    "api.create.after_commit": 4,
    # The worker promises and books, too, but a creation comes first: of what goes out, it holds.
    "webhooks.build.before_insert": 4,
    "ledger.post.before_insert": 4,
}
WORKER = {
    "outbox.claim.before_commit": 3,
    "outbox.claim.after_commit": 3,
    "attempts.claim.before_commit": 2,
    "attempts.claim.after_commit": 2,
    "attempts.submit.before_call": 5,
    "attempts.submit.after_call": 5,
    # Later news is of money: booked and told, but not committed.
    "attempts.apply.before_commit": 8,
    "attempts.apply.after_commit": 8,
    "attempts.poll.before_call": 5,
    "attempts.poll.after_call": 5,
    "callbacks.handle.before_query": 5,
    "callbacks.handle.after_query": 5,
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
# Where what goes out is claimed, sent, settled and booked: there a process is killed with refunds
# alone in flight, and with payouts alone.
MONEY_OUT = [
    point
    for point in PASSES
    if point.startswith(("attempts.claim", "attempts.submit", "attempts.apply", "ledger.post"))
]
OUTGOING = (Operation.REFUND, Operation.DISBURSE)


def one_kill_a_point(platform: Platform) -> list[Kill]:
    """Those in flight are the halves of the mix in turn."""
    halves = cycle([MIX, (*MIX[IN_FLIGHT:], *MIX[:IN_FLIGHT])])
    return [Kill(point, platform, mix=mix) for point, mix in zip(PASSES, halves, strict=False)]


def every_kill(platform: Platform) -> list[Kill]:
    return [
        *one_kill_a_point(platform),
        *(Kill(point, platform, only=only) for point, only in product(MONEY_OUT, OUTGOING)),
    ]


def kill_everywhere(kills: Sequence[Kill]) -> None:
    """One crash after another; the web's are spread among the others, as its parent wants them."""
    platform = kills[0].platform
    web, worker, stopping, imports = (
        [kill for kill in kills if kill.point in points]
        for points in (WEB, WORKER, STOPPING_WORKER, COMMAND)
    )
    steps: list[Callable[[], None]] = [
        *(partial(kill_the_worker, kill) for kill in worker),
        *(partial(kill_the_stopping_worker, kill) for kill in stopping),
        partial(order_and_report, imports),
        *(partial(kill_the_import, kill) for kill in imports),
    ]
    for step in steps:
        if web and platform.web_is_steady():
            kill_a_web_worker(web.pop(0))
        step()
    for kill in web:
        kill_a_web_worker(kill)
