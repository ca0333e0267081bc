"""A short form of `make soak`: a few crashes with faults of the provider, judged alike."""

from __future__ import annotations

import random
import sys
import time

import pytest

from apps.providers.contract import Operation
from apps.providers.simulation.faults import FaultKind
from tests.chaos.kills import MONEY_OUT, PASSES
from tests.chaos.orders import Answer, some_orders
from tests.chaos.soak import FAULTS, Crash, Result, Soak, every_crash
from tests.chaos.verdict import Evidence, count_totals

SEED = 1
CRASHES = [
    Crash("attempts.submit.after_call", FaultKind.CUT_BODY, Operation.REFUND),
    Crash("attempts.apply.before_commit", FaultKind.OUT_OF_ORDER_CALLBACK, Operation.DISBURSE),
    Crash("webhooks.deliver.after_send", FaultKind.TOKEN_EXPIRED, None),
]


@pytest.mark.stack
@pytest.mark.xdist_group("crash")
@pytest.mark.timeout(900)
def test_crashes_while_the_provider_misbehaves_lose_double_and_invent_nothing(platform, capsys):
    soak = Soak(platform, random.Random(SEED))
    platform.start_worker()

    soak.run(CRASHES, time.monotonic() + 600)
    soak.end_the_day()
    result = soak.judge()

    with capsys.disabled():
        print(f"\n{result}", file=sys.stderr)
    assert soak.missed == []
    assert result.kills == len(CRASHES)
    assert result.faults == {}
    assert result.is_clean, result.books


def test_every_crash_meets_every_fault():
    crashes = every_crash(random.Random(SEED))

    alone = 2 * len(MONEY_OUT)
    assert len(crashes) == len(set(crashes)) == (len(PASSES) + alone) * len(FAULTS)


# What the totals count: an order as the merchant, we and the provider have it.


def order_of(*, status=201):
    (order,) = some_orders(1)
    order.answers.append(Answer(0.0, 0.0, status, "", b""))
    return order


def totals_of(order, *payments, times_executed=1):
    rows = [{"attempts": ["a"], "status": "succeeded", "moved": [1], **row} for row in payments]
    book = {"a": {"times_executed": times_executed}}
    found = count_totals([order], Evidence({order.reference: rows}, book, set()))
    return found.lost, found.double, found.invented


def test_what_is_right_counts_nowhere():
    failed = {"status": "failed", "moved": []}

    assert totals_of(order_of(), {}) == (0, 0, 0)
    assert totals_of(order_of(), failed, times_executed=0) == (0, 0, 0)


@pytest.mark.parametrize(
    "payment", [{"status": "failed", "moved": []}, {"status": "verifying"}, {"moved": []}]
)
def test_money_the_provider_took_and_we_do_not_have_is_lost(payment):
    assert totals_of(order_of(), payment) == (1, 0, 0)


def test_an_order_without_its_answer_or_its_payment_is_lost():
    assert totals_of(order_of(status=503), {}) == (1, 0, 0)
    assert totals_of(order_of(), times_executed=0) == (1, 0, 0)


def test_money_charged_or_booked_twice_is_double():
    assert totals_of(order_of(), {}, times_executed=2) == (0, 1, 0)
    assert totals_of(order_of(), {"moved": [1, 1]}) == (0, 1, 0)


@pytest.mark.parametrize("payment", [{}, {"status": "failed"}])
def test_money_we_have_and_the_provider_never_took_is_invented(payment):
    assert totals_of(order_of(), payment, times_executed=0) == (0, 0, 1)


def test_one_wrong_order_and_the_run_is_not_clean():
    counted = "payments=1 refunds=0 payouts=0"
    clean = Result(counted, 1, 0, 0, 0, {}, "29 invariants, 0 violations, 0.1 s")

    assert clean.is_clean
    assert str(clean) == f"RESULT soak {counted} kills=1 lost=0 double=0 invented=0"
    assert not Result(counted, 1, 0, 1, 0, {}, clean.books).is_clean
    assert not Result(counted, 1, 0, 0, 0, {"webhook missing": ["a"]}, clean.books).is_clean
    assert not Result(counted, 1, 0, 0, 0, {}, "29 invariants, 1 violations, 0.1 s").is_clean
