"""A server is lost and restored by the commands of the guide: what it cost, and that no money moved
twice or is missing."""

from __future__ import annotations

import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from local.servers import postgres_server
from tests.chaos.orders import (
    APPROVES,
    GETS_BACK,
    IS_PAID,
    Order,
    Rush,
    count_operations,
    pay_in,
    place,
    some_orders,
)
from tests.chaos.platform import Platform, wait_until
from tests.chaos.verdict import Evidence, Totals, count_totals
from tests.restore.operator import Heartbeat, Operator, shown
from tests.tries import at_length

pytestmark = [
    pytest.mark.stack,
    pytest.mark.longer,
    pytest.mark.xdist_group("crash"),
    pytest.mark.timeout(900),
]

# All of them move money in the end.
MIX = (APPROVES, IS_PAID, GETS_BACK)
LOST_S_MAX = {"stop": 0.0, "kill": 5.0}


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="lomi-restore-"))
    # As root, PostgreSQL runs as another user, who must get through.
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.parametrize("how", LOST_S_MAX)
def test_what_was_answered_is_there_after_the_server_and_its_disk_are_gone(folder, how, capsys):
    server = postgres_server(folder, is_durable=False)
    server.start()
    try:
        operator = Operator(server, folder / "backup")
        operator.set_up()
        with operator.receiving():
            operator.take_base_backup()
            heartbeat = Heartbeat(server)
            wait_until(lambda: len(heartbeat.answered) > 200, "some commits")
            getattr(server, how)()
        operator.lose_everything()
        operator.restore()

        lost_s = heartbeat.lost_s()
    finally:
        server.stop()

    with capsys.disabled():
        print(f"\nRESULT rpo {how}: commits={len(heartbeat.answered)} lost_s={lost_s:.3f}")
    assert lost_s <= LOST_S_MAX[how]


@dataclass(frozen=True)
class Restored:
    """`kept`: ordered before the point that was restored; `lost`: after it, and done; `under_way`:
    while the server was killed."""

    kept: list[Order]
    lost: list[Order]
    under_way: list[Order]
    evidence: Evidence
    last_line: str
    back_in_s: float

    @property
    def orders(self) -> list[Order]:
        return [*self.kept, *self.lost, *self.under_way]


@pytest.fixture
def restored(folder) -> Restored:
    many = at_length(9, 900)
    with Platform(folder, {}) as platform:
        server = platform.stack.servers.postgres
        assert server is not None
        with psycopg.connect(server.owner_url) as line:
            # Minutes, at a provider of the world.
            line.execute("UPDATE providers_provideraccount SET unknown_reference_grace_s = 0")
        pay_in(platform)
        operator = Operator(server, folder / "backup")
        operator.set_up()
        with operator.receiving():
            operator.take_base_backup()
            kept = some_orders(many, mix=MIX)
            place(platform, kept)
            platform.wait_until_quiet()
            until = datetime.now(UTC)
            lost = some_orders(many, mix=MIX)
            place(platform, lost)
            platform.wait_until_quiet()
            under_way = some_orders(many, mix=MIX)
            rush = Rush(platform, under_way, rate=50.0)
            wait_until(lambda: rush.created() >= 3, "orders under way")
            server.kill()
        begun = time.monotonic()
        for name in ("web", "worker", "beat"):
            platform.stack.supervisor.stop(name)
        operator.lose_everything()
        operator.restore(until=until)
        assert platform.stack.servers.valkey is not None
        platform.stack.servers.valkey.restart()
        _follow_the_page(platform, "python manage.py after_restore")
        platform.stack.start("web", "beat")
        platform.start_worker()
        back_in_s = time.monotonic() - begun
        # Whoever was answered asks again too: nothing is there.
        place(platform, lost)
        place(platform, [order for order in under_way if order.is_created])
        rush.wait()
        place(platform, [order for order in under_way if not order.is_created])
        _wait_out_the_grace(platform)
        _follow_the_page(platform, "python manage.py release_money_out")
        platform.wait_until_quiet()
        return Restored(
            kept, lost, under_way, Evidence.taken_from(platform), platform.check_books(), back_in_s
        )


def _wait_out_the_grace(platform: Platform) -> None:
    over = "SELECT FROM orchestration_moneyouthold WHERE opened_at < now() - interval '3 seconds'"
    wait_until(lambda: platform.rows(over), "the end of what a provider may not know yet")


def _follow_the_page(platform: Platform, start: str) -> None:
    for line in shown(start).text.strip().splitlines():
        words = shlex.split(line.replace('"$NAME"', "ama"))
        assert words[:2] == ["python", "manage.py"]
        platform.stack.manage(*words[2:])


def test_after_a_restore_that_lost_time_all_money_moved_once_and_the_books_agree(restored, capsys):
    totals = count_totals(restored.orders, restored.evidence.of(restored.orders))

    with capsys.disabled():
        print(
            f"\nRESULT restore {count_operations(restored.orders)}"
            f" back_in_s={restored.back_in_s:.1f}"
            f" lost={totals.lost} moved_twice={totals.double} invented={totals.invented}"
        )
    assert "0 violations" in restored.last_line
    assert totals == Totals(lost=0, double=0, invented=0)
