"""The status line decides: what is odd after it costs the connection, not the status."""

from __future__ import annotations

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.webhooks.services.deliver_webhook import deliver_webhook
from tests.receiver import Receiver
from tests.webhooks.claims import make_claim

pytestmark = pytest.mark.usefixtures("without_rows")

ODD = {
    "a blank in a name": b"Odd name: 1",
    "no colon": b"nonsense",
    "an empty name": b": 1",
    "a name with a control character": b"X\x01: 1",
    "a null byte": b"X: \x00",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 5",
    "2 bytes": b"Content-Length: 2 bytes",
    "a negative length": b"Content-Length: -1",
    "a length in digits of another script": "Content-Length: ٣".encode(),
    "a length of five thousand digits": b"Content-Length: " + b"9" * 5_000,
    "a length and a coding": b"Content-Length: 2\r\nTransfer-Encoding: chunked",
    "an unknown coding": b"Transfer-Encoding: gzip",
    "two codings": b"Transfer-Encoding: gzip, chunked",
    "a continued line": b" continued",
    "a head too long": b"X: " + b"a" * 100_000,
    "bytes that are no text": b"\xff\xfe\xfd: \x80",
}


def send(receiver):
    return deliver_webhook(make_claim(receiver.url)[0])


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("status", [200, 204, 410, 500])
def test_an_odd_header_costs_the_connection_and_not_the_status(receiver, name, status):
    receiver.keeps_alive = True
    receiver.answers = [b"HTTP/1.1 %d Whatever\r\n%s\r\n\r\nok" % (status, ODD[name])]

    tried = send(receiver)
    again = send(receiver)

    assert (tried.status_code, tried.error) == (status, "")
    assert again.status_code == 204
    assert (len(receiver.heard), receiver.connections) == (2, 2)


@pytest.mark.parametrize("name", ODD)
def test_a_server_that_asks_for_time_is_understood_beside_an_odd_header(receiver, name):
    receiver.answers = [
        b"HTTP/1.1 429 Busy\r\nretry-after: 120\r\nX: 1\r\n%s\r\nContent-Length: 0\r\n\r\n"
        % ODD[name]
    ]

    tried = send(receiver)

    assert (tried.status_code, tried.retry_after) == (429, "120")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 200 \xff\x01\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 200 OK\nodd\n\n",
        b"\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\nodd\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nodd\r\n\r\n",
        # Closed in the middle of the head.
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Len",
    ],
)
def test_an_odd_head_says_what_its_status_line_says(receiver, head):
    receiver.answers = [head]

    assert (send(receiver).status_code, len(receiver.heard)) == (200, 1)


def test_a_head_that_does_not_end_in_time_counts_by_its_status_line(receiver):
    receiver.keeps_alive = True
    receiver.answers = [b"HTTP/1.1 200 OK\r\nX-Slow: "]

    with override_settings(WEBHOOK_TIMEOUT_S=0.5):
        assert send(receiver).status_code == 200


# A line that would end the head early, or not be one line, says nothing about oddness.
LINES = st.lists(st.binary(min_size=1, max_size=60), max_size=6).map(
    lambda lines: [line.replace(b"\r", b"?").replace(b"\n", b"?") for line in lines]
)


@settings(
    max_examples=60,
)
@given(lines=LINES, status=st.integers(200, 599), body=st.binary(max_size=200))
def test_whatever_follows_a_status_line_its_status_is_what_came_back(
    odd_server, lines, status, body
):
    odd_server.answers = [
        b"HTTP/1.1 %d Whatever\r\n" % status
        + b"".join(line + b"\r\n" for line in lines)
        + b"\r\n"
        + body
    ]

    # Nothing says where such an answer ends.
    with override_settings(WEBHOOK_TIMEOUT_S=5):
        assert send(odd_server).status_code == status


@pytest.fixture
def odd_server():
    receiver = Receiver()
    yield receiver
    receiver.close()
