"""A process or a server killed under load: every payment, refund and payout ends as its provider
knows it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.chaos.orders import LOSES_CALLBACK, MIX, Order, Rush, count_operations, some_orders
from tests.chaos.platform import OWNERS, wait_until
from tests.chaos.verdict import Evidence, find_faults
from tests.chaos.victims import POSTGRES_AWAY_S, VICTIMS
from tests.tries import at_length

pytestmark = [
    pytest.mark.stack,
    pytest.mark.longer,
    pytest.mark.xdist_group("crash"),
    pytest.mark.timeout(900),
]

# A second of load, or a few; the soak kills under load for as long as it is let.
ORDERS = at_length(60, 120)
RATE = 80.0

LAST_WEBHOOK = f"""
SELECT max(d.delivered_at) AS at
  FROM webhooks_delivery d
  JOIN webhooks_event e ON e.id = d.event_id
  JOIN ({OWNERS}) o ON o.id = e.object_id
 WHERE o.reference = ANY(%(references)s)
"""


@dataclass(frozen=True)
class Crash:
    """One kill under load; the instants are of the monotonic clock, but for `back_at_utc`."""

    orders: list[Order]
    killed_at: float
    back_at: float
    back_at_utc: datetime


@pytest.fixture(scope="module")
def crashes(platform) -> dict[str, Crash]:
    """Kill each in turn in the middle of so many orders, then wait for quiet."""
    done = {}
    for name, (kill, start) in VICTIMS.items():
        mix = (LOSES_CALLBACK, *MIX[1:]) if name == "worker" else MIX
        orders = some_orders(ORDERS, mix=mix)
        rush = Rush(platform, orders, rate=RATE)
        wait_until(lambda: rush.created() >= ORDERS // 4, "orders before the kill")  # noqa: B023
        kill(platform)
        killed_at = time.monotonic()
        start(platform, rush)
        done[name] = Crash(orders, killed_at, time.monotonic(), datetime.now(UTC))
        rush.wait()
    platform.wait_until_quiet()
    return done


@pytest.fixture(scope="module")
def evidence(platform, crashes) -> Evidence:
    return Evidence.taken_from(platform)


@pytest.mark.parametrize("name", VICTIMS)
def test_killed_under_load_nothing_is_lost_charged_twice_or_left_untold(
    platform, crashes, evidence, name, capsys
):
    crash = crashes[name]

    faults = find_faults(crash.orders, evidence)

    references = [order.reference for order in crash.orders]
    (last,) = platform.rows(LAST_WEBHOOK, references=references)
    line = (
        f"R4 {name} kill: {count_operations(crash.orders)} lost={len(faults.get('lost', ()))}"
        f" moved_twice={len(faults.get('charged twice', ()))}"
        f" webhooks_missing={len(faults.get('webhook missing', ()))}"
        f" quiet_after_s={(last['at'] - crash.back_at_utc).total_seconds():.1f}"
        f" {'FAIL' if faults else 'PASS'}"
    )
    with capsys.disabled():
        print(f"\n{line}", file=sys.stderr)
    assert faults == {}


def test_without_its_database_the_api_says_so_and_is_back_with_it(crashes, capsys):
    crash = crashes["PostgreSQL"]
    answers = [answer for order in crash.orders for answer in order.answers]

    # The server answers a little before we know that it does.
    meanwhile = [
        answer
        for answer in answers
        if answer.begun_at > crash.killed_at and answer.ended_at < crash.killed_at + POSTGRES_AWAY_S
    ]
    created_after = [
        answer.ended_at - crash.back_at
        for answer in answers
        if answer.status == 201 and answer.begun_at > crash.killed_at
    ]
    with capsys.disabled():
        print(
            f"\nR4 PostgreSQL away: 503={len(meanwhile)} back_s={min(created_after):.1f}",
            file=sys.stderr,
        )
    assert {answer.status for answer in meanwhile} <= {503}
    assert {answer.status for answer in answers} == {201, 503}
    assert all(int(answer.retry_after) > 0 for answer in answers if answer.status == 503)


def test_after_every_kill_the_books_agree_with_the_provider(platform, crashes):
    assert " 0 violations" in platform.check_books()
