"""A refusal leaves the connection usable, however much of the body was read for it.

One web process without a database: 401, 404 and 405 need none, the rest is 503.
"""

from __future__ import annotations

import http.client
import os
import select
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apps.merchants.api_key_format import new_key
from local import ports
from local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/none"
PAYMENTS = "/api/v1/payments"

REFUSALS = {
    "no key": ("POST", PAYMENTS, {}, 401),
    "a bad key": ("POST", PAYMENTS, {"Authorization": "Bearer nonsense"}, 401),
    "no such address": ("POST", "/api/v1/nothing", {}, 404),
    "no such method": ("PUT", "/health/", {}, 404),
    "a callback by the wrong method": ("PATCH", "/callbacks/mtn_momo/x", {}, 405),
}

BODIES = {
    "60 bytes": b"x" * 60,
    "60 KiB": b"x" * 60 * 1024,
    "10 MB": b"x" * 10_000_000,
}


@pytest.fixture(scope="module")
def web():
    """host:port of the web process."""
    folder = Path(tempfile.mkdtemp(prefix="lomi kept alive "))
    stack = Stack(
        folder / "var",
        environ_extra={name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")},
        web_port=ports.choose_port(),
        simulator_port=ports.choose_port(),
    )
    try:
        with stack:
            stack.restart("web", {"DATABASE_URL": NO_DATABASE})
            yield urlsplit(stack.urls.web).netloc
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def connection(web):
    connection = http.client.HTTPConnection(web, timeout=120)
    connection.connect()
    yield connection
    connection.close()


def send_head(connection, method, path, headers, *framing):
    connection.putrequest(method, path)
    for name, value in (*headers.items(), *framing, ("Content-Type", "application/json")):
        connection.putheader(name, value)
    connection.endheaders()


def hear(connection):
    """(status, whether the connection stays) of the answer."""
    answer = connection.getresponse()
    answer.read()
    return answer.status, not answer.will_close


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_after_a_refusal_the_same_connection_serves_the_next_request(connection, refusal, body):
    method, path, headers, status = refusal
    line = connection.sock

    heard = []
    for _ in range(2):
        send_head(connection, method, path, headers, ("Content-Length", str(len(body))))
        # What a server answers before it has the body, it has answered by now.
        select.select([line], [], [], 0.1)
        connection.send(body)
        heard.append(hear(connection))

    assert heard == [(status, True)] * 2
    assert connection.sock is line


def test_without_a_database_the_connection_stays_too(connection):
    line, body = connection.sock, BODIES["60 KiB"]
    headers = {"Authorization": f"Bearer {new_key(livemode=False)}"}

    heard = []
    for _ in range(2):
        send_head(connection, "POST", PAYMENTS, headers, ("Content-Length", str(len(body))))
        select.select([line], [], [], 0.1)
        connection.send(body)
        heard.append(hear(connection))

    assert heard == [(503, True)] * 2
    assert connection.sock is line


def test_a_body_in_chunks_is_no_exception(connection):
    line = connection.sock

    heard = []
    for _ in range(3):
        send_head(connection, "POST", PAYMENTS, {}, ("Transfer-Encoding", "chunked"))
        select.select([line], [], [], 0.1)
        connection.send(b'5\r\n{"amo\r\n5\r\nunt":\r\n0\r\n\r\n')
        heard.append(hear(connection))

    assert heard == [(401, True)] * 3
    assert connection.sock is line


def test_who_leaves_in_the_middle_of_a_body_keeps_nobody_else_waiting(web):
    for _ in range(20):
        leaver = http.client.HTTPConnection(web, timeout=120)
        leaver.connect()
        send_head(leaver, "POST", PAYMENTS, {}, ("Content-Length", "60000"))
        leaver.send(b"x" * 30_000)
        leaver.close()

    stayer = http.client.HTTPConnection(web, timeout=120)
    stayer.request("POST", PAYMENTS, b"{}")

    # 503: a test before found the database away, and one of those who left is finding out.
    status, stays = hear(stayer)
    assert status in {401, 503}
    assert stays
    stayer.close()
