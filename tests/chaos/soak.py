"""The long tests; then every fault of every operation, every crash with every fault, servers lost
under load, random days: at length.

    python -m tests.chaos        (make soak)

SOAK_MINUTES bounds what comes after the long tests, SOAK_SEED repeats one. The property tests run
beside it, with another seed each time. It ends in two lines, RESULT long … and RESULT soak …, and
with 0 only if no test failed, nothing was lost, paid twice or invented, every promise was kept and
the books agree with the provider's.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

from apps.core.public_ids import encode_id
from apps.providers.contract import Operation
from apps.providers.simulation.faults import MAGIC_SUFFIXES, FaultKind
from local.processes import interruptible
from local.stack import StackError
from tests.chaos import kills as crash
from tests.chaos.fault_matrix import LONG, FaultMatrix, every_case
from tests.chaos.kills import PASSES, Kill
from tests.chaos.long_tests import PropertyRuns, run_long_tests
from tests.chaos.orders import (
    APPROVES,
    IS_PAID,
    MIX,
    NO_WALLET,
    Counterparty,
    Order,
    Rush,
    count_operations,
    pay_in,
    place,
    refund_of,
    some_orders,
)
from tests.chaos.platform import Platform, wait_until
from tests.chaos.verdict import Evidence, count_totals, find_faults
from tests.chaos.victims import VICTIMS

PROVIDER = "mtn_momo"
# What the number of a payer or payee chooses; of a refund it is armed. Left out: what only a person
# can settle, such as a wrong amount.
BY_NUMBER = (
    FaultKind.NO_CALLBACK,
    FaultKind.DUPLICATE_CALLBACK,
    FaultKind.LATE_CALLBACK,
    FaultKind.EARLY_CALLBACK,
    FaultKind.OUT_OF_ORDER_CALLBACK,
    FaultKind.FORGED_CALLBACK,
    FaultKind.CONTRADICTING,
    FaultKind.ACCEPT_THEN_DROP,
    FaultKind.ERROR_500_THOUGH_ACCEPTED,
    FaultKind.JUNK_BODY,
    FaultKind.LATE_APPROVAL,
    FaultKind.HIDDEN_AT_FIRST,
)
# What strikes whoever comes next, whatever he asks, with its value.
BY_CHANCE: dict[FaultKind, float | None] = {
    FaultKind.DROP_BEFORE_ACCEPTING: None,
    FaultKind.ERROR_500: None,
    FaultKind.DOWN: None,
    FaultKind.SLOW: 1.0,
    FaultKind.SLOW_BYTES: 0.01,
    FaultKind.CUT_BODY: None,
    FaultKind.TRUNCATED_JSON: None,
    FaultKind.HUGE_BODY: 2_000_000,
    FaultKind.WRONG_CONTENT_TYPE: None,
    FaultKind.TOKEN_EXPIRED: None,
}
FAULTS = (*BY_NUMBER, *BY_CHANCE)
STRUCK = 3
# Of a day's refunds.
FAILING = 2
SUFFIXES = {kind: suffix for suffix, (kind, value) in MAGIC_SUFFIXES.items() if value is None}
# After so many crashes at failpoints, a server or a process is lost under load, and a day ends.
CRASHES_BETWEEN = 25
RUSH, RUSH_RATE = 80, 60.0
# Left for what the crashes left behind.
SETTLING_S = 60.0

# Of these, what the provider has paid and nobody has given back.
PAID = """
SELECT id, amount FROM payments_payment
 WHERE merchant_reference = ANY(%(references)s) AND status = 'succeeded' AND amount_refunded = 0
 ORDER BY id
"""


class Crash(NamedTuple):
    """Where, what the provider does meanwhile, and what alone is in flight. None: everything."""

    point: str
    fault: FaultKind
    only: Operation | None


@dataclass
class Soak:
    """What was done so far to one platform."""

    platform: Platform
    chance: random.Random
    say: Callable[[str], None] = print
    orders: list[Order] = field(default_factory=list)
    kills: int = 0
    missed: list[str] = field(default_factory=list)

    def run(self, crashes: Sequence[Crash], deadline: float) -> int:
        """Crash and lose until the deadline; returns at how many of the crashes."""
        web = [one for one in crashes if one.point in crash.WEB]
        others = [one for one in crashes if one.point not in crash.WEB]
        done = 0
        while (web or others) and time.monotonic() < deadline:
            # A web server wants a while between two crashes: the others fill it.
            is_web = bool(web) and (not others or self.platform.web_is_steady())
            self.crash((web if is_web else others).pop())
            done += 1
            if done % CRASHES_BETWEEN == 0:
                self.lose(self.chance.choice(sorted(VICTIMS)))
                self.end_the_day()
                self.say(f"{done} of {len(crashes)} crashes, {count_operations(self.orders)}")
        return done

    def meet_every_fault(self) -> None:
        """All at once, as long as it takes a provider; but for what only a person can settle."""
        cases = [case for case in every_case() if not case.is_misled]
        matrix = FaultMatrix(self.platform, cases, LONG)
        matrix.start()
        matrix.wait_until_settled()
        self.orders += matrix.orders.values()
        if armed := self.platform.control("faults"):
            self.missed.append(f"faults that never struck: {armed}")
        self.platform.forget_faults("")

    def crash(self, one: Crash) -> None:
        """One process killed at this place while the provider does this."""
        point, fault, only = one
        kill = Kill(point, self.platform, only=only)
        kill.mix = self._arm(fault, kill.mix)
        try:
            if point in crash.WEB:
                crash.kill_a_web_worker(kill)
            elif point in crash.WORKER:
                crash.kill_the_worker(kill)
            elif point in crash.STOPPING_WORKER:
                crash.kill_the_stopping_worker(kill)
            else:
                crash.order_and_report([kill])
                crash.kill_the_import(kill)
                wait_until(lambda: kill.was_reached, f"an import to pass {point}")
        except AssertionError as error:
            # Nobody passed: with this fault the work may go another way.
            self.missed.append(f"{point} with {fault}, {only or 'any'}: {error}")
            self.platform.disarm(point)
        else:
            self.kills += 1
        finally:
            self.platform.forget_faults(PROVIDER)
            self.orders += kill.orders

    def lose(self, victim: str) -> None:
        """A server or a whole process, in the middle of a rush of anything."""
        kill, start = VICTIMS[victim]
        orders = some_orders(RUSH, mix=self._anything())
        rush = Rush(self.platform, orders, rate=RUSH_RATE)
        at = self.chance.randrange(1, RUSH // 2)
        wait_until(lambda: rush.created() >= at, f"{at} orders before the loss of {victim}")
        kill(self.platform)
        start(self.platform, rush)
        rush.wait()
        self.kills += 1
        self.orders += orders

    def end_the_day(self) -> None:
        """Some more orders, some of what was paid is given back, and the provider's report of what
        it has by now."""
        orders = some_orders(self.chance.randrange(10, 40), mix=self._anything())
        place(self.platform, orders)
        refunds = self._refunds()
        failing = {"fault": FaultKind.FORGED_CALLBACK, "operation": "refund", "times": FAILING}
        self.platform.control("faults", {"provider": PROVIDER, **failing})
        place(self.platform, refunds, rate=1000)
        self.orders += [*orders, *refunds]
        self.platform.make_report()
        self.platform.import_report()
        self.platform.forget_faults(PROVIDER)

    def _refunds(self) -> list[Order]:
        """Of some payments all, a part, or parts that are asked for at once and may together be
        more than was paid."""
        paid = self.platform.rows(PAID, references=[order.reference for order in self.orders])
        refunds: list[Order] = []
        for row in self.chance.sample(paid, k=min(len(paid), self.chance.randrange(4, 12))):
            payment, amount = encode_id("pay", row["id"]), row["amount"]
            parts = self.chance.choice([(None,), (amount // 3,), (amount // 2,) * 2, (None,) * 3])
            refunds += [refund_of(payment, amount=part) for part in parts]
        return refunds

    def judge(self) -> Result:
        """Wait for quiet, ask for every order once more, and compare everybody's books."""
        # What failed in one crash after the other waits for up to an hour, or for a person.
        self.platform.try_again()
        self.platform.wait_until_quiet()
        for order in self.orders:
            if order.counterparty.operation is not Operation.COLLECT:
                # What was armed for some struck whichever was sent next.
                order.counterparty = replace(order.counterparty, is_predictable=False)
        created = [order for order in self.orders if not order.is_refused]
        place(self.platform, created, rate=1000)
        evidence = Evidence.taken_from(self.platform).of(self.orders)
        totals = count_totals(self.orders, evidence)
        try:
            books = self.platform.check_books()
        except StackError as violated:
            books = str(violated)
        return Result(
            counted=count_operations(self.orders),
            kills=self.kills,
            lost=totals.lost,
            double=totals.double,
            invented=totals.invented,
            faults=find_faults(self.orders, evidence),
            books=books,
        )

    def _arm(self, fault: FaultKind, mix: Sequence[Counterparty]) -> Sequence[Counterparty]:
        """Have it strike, and say who comes."""
        armed = {"provider": PROVIDER, "fault": fault, "times": STRUCK}
        if fault in BY_CHANCE:
            self.platform.control("faults", {**armed, "value": BY_CHANCE[fault], "on": "any"})
            return [replace(one, is_predictable=False) for one in mix]
        # Whom a refund goes to is settled when it is collected.
        self.platform.control("faults", {**armed, "operation": "refund"})
        return [
            replace(
                one,
                suffix=one.suffix if one.operation is Operation.REFUND else SUFFIXES[fault],
                is_predictable=False,
            )
            if place % 3 == 0 or one.operation is Operation.REFUND
            else one
            for place, one in enumerate(mix)
        ]

    def _anything(self) -> Sequence[Counterparty]:
        some = [
            replace(one, what=fault, suffix=SUFFIXES[fault], is_predictable=False)
            for fault in BY_NUMBER
            for one in (APPROVES, IS_PAID)
        ]
        return self.chance.sample([*MIX, *some, APPROVES, NO_WALLET, NO_WALLET], k=20)


@dataclass(frozen=True)
class Result:
    # payments=… refunds=… payouts=…
    counted: str
    kills: int
    lost: int
    double: int
    invented: int
    # Fault -> references; whatever else was promised and not kept is among them.
    faults: dict[str, list[str]]
    books: str

    @property
    def is_clean(self) -> bool:
        is_nothing_wrong = not (self.lost or self.double or self.invented or self.faults)
        return is_nothing_wrong and " 0 violations" in self.books

    def __str__(self) -> str:
        return (
            f"RESULT soak {self.counted} kills={self.kills}"
            f" lost={self.lost} double={self.double} invented={self.invented}"
        )


def every_crash(chance: random.Random) -> list[Crash]:
    """Each failpoint with each fault, in an order of chance; where money goes out also with
    refunds alone, and with payouts alone."""
    crashes = [Crash(*one, None) for one in product(PASSES, FAULTS)]
    going_out = product(crash.MONEY_OUT, FAULTS, crash.OUTGOING)
    crashes += [Crash(*one) for one in going_out]
    chance.shuffle(crashes)
    return crashes


def main() -> int:
    minutes = float(os.environ.get("SOAK_MINUTES") or 20)
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"SOAK_SEED={seed} SOAK_MINUTES={minutes:g}", flush=True)
    long_tests = run_long_tests()
    print(long_tests.said or long_tests, flush=True)
    begun = time.monotonic()
    chance = random.Random(seed)
    crashes = every_crash(chance)
    folder = Path(tempfile.mkdtemp(prefix="lomi soak "))
    # As root, PostgreSQL runs as another user, who must get through.
    folder.chmod(0o711)
    properties = PropertyRuns(seed)
    try:
        with interruptible(), Platform(folder, PASSES) as platform:
            pay_in(platform)
            properties.start()
            soak = Soak(platform, chance, lambda line: print(line, flush=True))
            try:
                soak.meet_every_fault()
                done = soak.run(crashes, begun + minutes * 60 - SETTLING_S)
            finally:
                properties.stop()
            result = soak.judge()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for line in soak.missed:
        print(f"missed: {line}")
    for fault, references in result.faults.items():
        print(f"{fault}: {', '.join(references[:10])}")
    print(f"crashes {done} of {len(crashes)}, property runs {properties.runs}; {result.books}")
    if properties.failure:
        print(properties.failure)
    print(long_tests)
    print(result)
    is_clean = result.is_clean and long_tests.is_clean and not properties.failure
    return 0 if is_clean else 1
