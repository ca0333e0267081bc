"""The real process behind real sockets: killed, and missed by nobody."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection
from standardwebhooks.webhooks import Webhook
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from local import ports
from local.stack import ROOT, Stack
from tests import servers
from tests.receiver import Receiver

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

PATIENCE_S = 120.0
EVENTS = 40


@pytest.fixture(scope="module")
def stack(django_db_setup, tmp_path_factory):
    """The realtime process over the database of these tests."""
    stack = Stack(
        tmp_path_factory.mktemp("realtime"),
        settings_module=os.environ["DJANGO_SETTINGS_MODULE"],
        environ_extra=servers.of_database(connection.settings_dict["NAME"]),
        web_port=ports.choose_port(),
        realtime_port=ports.choose_port(),
        simulator_port=ports.choose_port(),
    )
    with stack:
        stack.start("realtime")
        yield stack


class Follower:
    """A merchant's program: it reconnects for ever, after the last event it has."""

    def __init__(self, stack: Stack, key: str) -> None:
        self.came: list[str] = []
        self.connections = 0
        self._address = f"ws{stack.urls.realtime.removeprefix('http')}/ws/v1/events"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._is_over = False
        self._after = ""
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._is_over = True
        self._thread.join(timeout=PATIENCE_S)

    def _follow(self) -> None:
        while not self._is_over:
            address = self._address + (f"?after={self._after}" if self._after else "")
            try:
                with connect(address, additional_headers=self._headers) as socket:
                    self._read(socket)
            except (OSError, WebSocketException):
                time.sleep(0.05)

    def _read(self, socket) -> None:
        while not self._is_over:
            try:
                message = json.loads(socket.recv(timeout=0.2))
            except TimeoutError:
                continue
            if message["object"] == "stream":
                self._after = message["after"]
                self.connections += 1
            elif message["object"] == "event":
                self.came.append(message["id"])
                self._after = message["id"]


@pytest.fixture
def follower(stack, shop):
    follower = Follower(stack, shop.key)
    yield follower
    follower.close()


class Listener:
    """`manage.py listen`, with nothing of the platform's in its environment."""

    def __init__(self, stack: Stack, key: str, to: str) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [
                *(sys.executable, "manage.py", "listen", "--to", to),
                *("--url", stack.urls.realtime),
            ],
            cwd=ROOT,
            env={"LOMI_API_KEY": key, "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        self.lines += iter(self._process.stdout.readline, "")

    @property
    def secret(self) -> str:
        return re.search(r"whsec_\S+", "".join(self.lines))[0]

    @property
    def shown(self) -> list[str]:
        """One line for each event that was sent on."""
        return [line for line in self.lines if "evt_" in line]

    @property
    def is_ready(self) -> bool:
        return any(line.startswith("Ready") for line in self.lines)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=PATIENCE_S)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def listener(stack, shop, receiver):
    listener = Listener(stack, shop.key, receiver.url)
    yield listener
    listener.close()


def until(is_so) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_process_costs_its_readers_nothing(
    stack, merchant, tell, follower, listener, receiver
):
    """A socket, and `manage.py listen`, which sends on what it hears as signed webhooks."""
    until(lambda: follower.connections == 1 and listener.is_ready)
    ids = [tell(merchant) for _ in range(EVENTS // 2)]
    until(lambda: follower.came)
    stack.kill("realtime")
    ids += [tell(merchant, type="payment.failed") for _ in range(EVENTS // 2)]

    stack.restart("realtime")
    until(lambda: len(follower.came) >= EVENTS and len(receiver.heard) >= EVENTS)
    last = tell(merchant)
    until(lambda: last in follower.came and len(listener.shown) > EVENTS)

    verifier = Webhook(listener.secret)
    sent_on = [verifier.verify(heard.body, heard.headers)["id"] for heard in receiver.heard]
    assert follower.came == [*ids, last]
    assert sent_on == [*ids, last]
    assert follower.connections == 2
    assert all(" 204 " in line for line in listener.shown)


def test_a_browser_comes_in_with_a_ticket(stack, shop, merchant, tell):
    ticket = shop.post({}, path="/api/v1/realtime/tickets").json()["ticket"]
    address = f"ws{stack.urls.realtime.removeprefix('http')}/ws/v1/events?ticket={ticket}"

    with connect(address) as socket:
        opening = json.loads(socket.recv(timeout=PATIENCE_S))
        event_id = tell(merchant)
        event = json.loads(socket.recv(timeout=PATIENCE_S))
        assert socket.ping().wait(timeout=PATIENCE_S)
    with connect(address) as again, pytest.raises(ConnectionClosed) as closed:
        while again.recv(timeout=PATIENCE_S):
            pass

    assert opening["object"] == "stream"
    assert event["id"] == event_id
    assert closed.value.rcvd.code == 4401
