"""Killed at every named place in the code, with payments, refunds and payouts in flight, a restart
mends everything.

The crashes follow each other closely: a process may be killed at the next place while it mends
the last. Every order is judged with those in flight at the same kill, when all is quiet.
"""

from __future__ import annotations

import sys

import pytest

from apps.core.failpoints import NAMES
from apps.providers.contract import Operation
from tests.chaos import kills as crash
from tests.chaos.kills import IN_FLIGHT, Kill
from tests.chaos.orders import count_operations, place
from tests.chaos.verdict import Evidence, find_faults
from tests.tries import at_length

pytestmark = [
    pytest.mark.stack,
    pytest.mark.longer,
    pytest.mark.xdist_group("crash"),
    pytest.mark.timeout(900),
]

Key = tuple[str, Operation | None]


@pytest.fixture(scope="module")
def kills(platform) -> dict[Key, Kill]:
    """Crash at every point, then wait for quiet and ask for every order once more."""
    done = at_length(crash.one_kill_a_point, crash.every_kill)(platform)
    crash.kill_everywhere(done)
    platform.wait_until_quiet()
    place(platform, [order for kill in done for order in kill.orders], rate=1000)
    return {(kill.point, kill.only): kill for kill in done}


@pytest.fixture(scope="module")
def evidence(platform, kills) -> Evidence:
    return Evidence.taken_from(platform)


def test_every_failpoint_has_its_victim():
    # Killed by tests of their own, beside what they are about.
    elsewhere = (
        "bank_doors.", "batches.", "checkout.", "day_reports.", "discrepancies.", "floats.",
        "ledger.correction.", "payouts.", "refunds.", "settlement.", "sources.",
    )  # fmt: skip
    assert set(crash.PASSES) == {name for name in NAMES if not name.startswith(elsewhere)}


@pytest.mark.parametrize("point", crash.PASSES)
def test_a_process_killed_here_loses_nothing_and_charges_nobody_twice(kills, evidence, point):
    kill = kills[point, None]

    assert kill.was_reached
    assert len(kill.orders) >= IN_FLIGHT
    assert find_faults(kill.orders, evidence) == {}


# Of what goes out there are some among the orders of every kill; here, nothing else.
@pytest.mark.soak
@pytest.mark.parametrize("only", crash.OUTGOING)
@pytest.mark.parametrize("point", crash.MONEY_OUT)
def test_a_process_killed_with_money_going_out_loses_nothing_and_sends_nothing_twice(
    kills, evidence, point, only
):
    kill = kills[point, only]

    assert kill.was_reached
    assert {order.counterparty.operation for order in kill.orders} == {only}
    assert find_faults(kill.orders, evidence) == {}


def test_the_worker_really_died_each_time(platform, kills):
    said = platform.stack.log("worker").read_text()

    # Two threads of one process may reach two points before either kill takes effect.
    assert said.count("ended: -9") * 2 >= len(crash.WORKER) + len(crash.STOPPING_WORKER)


def test_a_report_whose_import_was_killed_four_times_is_matched_to_its_last_line(platform, kills):
    lines = platform.rows("SELECT match, count(*) FROM reconciliation_statementline GROUP BY match")
    wrong = platform.rows(
        """SELECT d.kind, d.detail, a.reference FROM reconciliation_discrepancy d
             LEFT JOIN payments_attempt a ON a.id = d.attempt_id
            WHERE d.status = 'open' AND NOT (d.kind = 'unknown_to_them' AND NOT EXISTS (
                  SELECT FROM reconciliation_statementline l
                   WHERE l.reference = a.statement_reference))"""
    )
    statements = platform.rows("SELECT status FROM reconciliation_statement")

    # Those that their provider had not decided yet when it wrote the report are not in it.
    assert wrong == []
    assert [row["match"] for row in lines] == ["matched"]
    assert statements == [{"status": "matched"}]


def test_after_every_crash_the_books_agree_with_the_provider(platform, kills, capsys):
    books = platform.check_books()

    counted = count_operations(order for kill in kills.values() for order in kill.orders)
    reached = sum(kill.was_reached for kill in kills.values())
    with capsys.disabled():
        line = f"R4 failpoints: killed={reached}/{len(kills)} {counted}; {books}"
        print(f"\n{line}", file=sys.stderr)
    assert " 0 violations" in books
