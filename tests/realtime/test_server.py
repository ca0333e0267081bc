"""The real process behind real sockets: killed, and missed by nobody."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from apps.merchants.models import ApiKey, Merchant
from apps.merchants.services.revoke_api_key import revoke_api_key
from apps.oauth.services.end_dead_grants import end_dead_grants
from local import ports
from local.stack import ROOT, Stack
from tests import servers
from tests.api.conftest import Shop
from tests.factories import MerchantFactory
from tests.oauth.conftest import Program, make_application, make_member
from tests.oauth.conftest import Shop as Owner
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


def withdraw(program, member, tokens):
    program.post("revoke", {"token": tokens["access_token"]})


def steal(program, member, tokens):
    second = program.refresh(tokens["refresh_token"]).json()
    program.refresh(second["refresh_token"])
    program.refresh(tokens["refresh_token"])


def switch_off(program, member, tokens):
    application = program.application
    owner = Owner(application.merchant)
    owner.send("PATCH", f"oauth_applications/{application.public_id}", {"is_active": False})


def delete(program, member, tokens):
    application = program.application
    Owner(application.merchant).send("DELETE", f"oauth_applications/{application.public_id}")


def demote(program, member, tokens):
    member.role = "support"
    member.save()
    # As the beat does, each half minute.
    end_dead_grants(now=timezone.now())


def revoke_key(shop):
    revoke_api_key(api_key_id=shop.api_key.pk, actor="test", now=timezone.now())


def narrow_key(shop):
    ApiKey.objects.filter(pk=shop.api_key.pk).update(kind="restricted", scopes=["payments:read"])


def end_key(shop):
    ApiKey.objects.filter(pk=shop.api_key.pk).update(expires_at=timezone.now())


def close_merchant(shop):
    Merchant.objects.filter(pk=shop.merchant.pk).update(is_active=False)


def test_access_that_ends_closes_what_it_opened_and_its_tickets(stack, transactional_db):
    """Keys and consents, ended in every way: their sockets, those of their tickets, and tickets
    not used yet."""
    base = f"ws{stack.urls.realtime.removeprefix('http')}/ws/v1/events"
    ends, open_sockets, tickets = [], [], {}
    with ExitStack() as closing:

        def follow(name, credential):
            bearer = {"Authorization": f"Bearer {credential}"}
            bought = [
                Client().post(
                    "/api/v1/realtime/tickets",
                    {},
                    content_type="application/json",
                    headers={**bearer, "Idempotency-Key": f"{name}-{number}"},
                )
                for number in range(2)
            ]
            first, tickets[name] = (answer.json()["ticket"] for answer in bought)
            for address, headers in ((base, bearer), (f"{base}?ticket={first}", {})):
                socket = closing.enter_context(connect(address, additional_headers=headers))
                assert json.loads(socket.recv(timeout=PATIENCE_S))["object"] == "stream"
                open_sockets.append((name, socket))

        for end in (revoke_key, narrow_key, end_key, close_merchant):
            shop = Shop(MerchantFactory())
            ends.append(partial(end, shop))
            follow(end.__name__, shop.key)
        for end in (withdraw, steal, switch_off, delete, demote):
            member = make_member(MerchantFactory())
            program = Program(make_application(scopes=["events:read"]))
            tokens = program.exchange(program.code(member, scope="events:read")).json()
            ends.append(partial(end, program, member, tokens))
            follow(end.__name__, tokens["access_token"])
        for end in ends:
            end()

        closed = {}
        for name, socket in open_sockets:
            with pytest.raises(ConnectionClosed) as ended:
                while True:
                    socket.recv(timeout=PATIENCE_S)
            closed.setdefault(name, set()).add(ended.value.rcvd.code)
        unused = {}
        for name, ticket in tickets.items():
            with connect(f"{base}?ticket={ticket}") as late, pytest.raises(ConnectionClosed) as no:
                while True:
                    late.recv(timeout=PATIENCE_S)
            unused[name] = {no.value.rcvd.code}

    no_longer = {"narrow_key": {4403}, "close_merchant": {4403}}
    assert closed == {name: no_longer.get(name, {4401}) for name in tickets}
    assert unused == closed


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
