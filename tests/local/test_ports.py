"""A port is owned from the moment it is chosen."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from local import ports
from local.servers import ROOT

CHOOSE = """
import sys
from local import ports
print(*[ports.first_free_port(int(sys.argv[1])) for _ in range(3)], flush=True)
sys.stdin.read()
"""

# A stack with the web process alone; told the moment at which to begin.
STAND = """
import sys, time
from pathlib import Path
from local.stack import Stack
time.sleep(max(0, float(sys.argv[2]) - time.time()))
with Stack(Path(sys.argv[1]), "config.settings.test", {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0",
}) as stack:
    stack.start("web")
    print(stack.instance_id, stack.urls.web, stack.urls.realtime, stack.urls.simulators, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def beside():
    """Programs that run beside us until the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.stdin.close()
    for process in started:
        process.wait()
        process.stdout.close()


@pytest.fixture
def wanted():
    """A free port that nobody else begins to count at."""
    port = ports.choose_port()
    ports.release(port)
    return port


def test_a_chosen_port_is_chosen_by_nobody_else(beside, wanted):
    others = [beside(CHOOSE, str(wanted)) for _ in range(3)]
    own = [ports.first_free_port(wanted) for _ in range(3)]
    chosen = own + [int(port) for other in others for port in other.stdout.readline().split()]
    for port in own:
        ports.release(port)

    assert len(chosen) == 12
    assert len(set(chosen)) == 12


def test_who_dies_lets_go_of_the_port(beside, wanted):
    owner = beside(CHOOSE, str(wanted))
    owner.stdout.readline()
    assert not ports.take(wanted)

    owner.kill()
    owner.wait()

    assert ports.take(wanted)
    ports.release(wanted)


def test_a_port_on_which_somebody_listens_is_not_taken():
    with socket.create_server((ports.HOST, 0)) as stranger:
        assert not ports.take(stranger.getsockname()[1])


def test_a_settled_port_is_held_once_and_again_until_it_is_released():
    port = ports.choose_port()

    assert ports.hold(port)
    assert not ports.take(port)
    ports.release(port)
    ports.release(port)
    assert ports.take(port)
    ports.release(port)


@pytest.mark.stack
@pytest.mark.parametrize("count", [2, pytest.param(5, marks=pytest.mark.soak)])
def test_stacks_started_in_the_same_second_each_serve_their_own_answers(
    beside, empty_folder, count
):
    # Late enough for each of them to have imported everything.
    begin_at = str(time.time() + 2)
    stacks = [beside(STAND, str(empty_folder / f"stack {n}"), begin_at) for n in range(count)]
    told = [stack.stdout.readline().split() for stack in stacks]

    addresses = [address for _, *urls in told for address in urls]
    assert len(set(addresses)) == 3 * count
    for instance_id, web, *_ in told:
        with ThreadPoolExecutor(4) as clients:
            assert set(clients.map(whose_answer, [web] * 12)) == {instance_id}


def whose_answer(web: str) -> str | None:
    connection = http.client.HTTPConnection(urlsplit(web).netloc, timeout=30)
    connection.request("GET", "/health")
    answer = connection.getresponse()
    connection.close()
    return answer.headers["Lomi-Instance"]
