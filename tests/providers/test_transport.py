"""Whether a provider can have received something is never in doubt longer than it has to be."""

import gzip
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from apps.core import http_connection
from apps.providers.contract import FailureCode, NotSent, OutcomeUnknown
from apps.providers.transports import http
from apps.providers.transports.http import ANSWER_BYTES_MAX, HttpTransport
from tests.receiver import Receiver, answer
from tests.webhooks.authority import Authority


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def send(receiver, *, timeout_s=60.0):
    return HttpTransport().request(
        "POST", receiver.url, headers={"X-Order": "7"}, body=b"{}", timeout_s=timeout_s
    )


def wait_until(is_so):
    give_up_at = time.monotonic() + 10
    while not is_so():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.001)
    return True


@pytest.mark.parametrize("status", [200, 202, 401, 404, 500, 503])
def test_any_whole_answer_is_an_answer(receiver, status):
    receiver.answers = [answer(status, "X-Reason: None Given", body=b'{"code":"X"}')]

    answered = send(receiver)

    assert (answered.status, answered.body) == (status, b'{"code":"X"}')
    assert answered.headers["x-reason"] == "None Given"
    assert (receiver.heard[0].body, receiver.heard[0].headers["x-order"]) == (b"{}", "7")


def test_a_compressed_answer_is_unpacked(receiver):
    packed = gzip.compress(b"x" * 200_000)
    receiver.answers = [answer(200, "Content-Encoding: gzip", body=packed)]

    assert send(receiver).body == b"x" * 200_000


def test_a_redirect_is_an_answer_and_is_not_followed(receiver):
    receiver.answers = [answer(302, f"Location: {receiver.url}")]

    assert send(receiver).status == 302
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(
    "said",
    [
        None,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        b"nonsense\r\n\r\n",
        answer(200, body=b"x" * (ANSWER_BYTES_MAX + 1)),
        answer(200, "Content-Encoding: gzip", body=b"not gzip"),
        answer(200, "Content-Encoding: gzip", body=gzip.compress(b"0" * 50_000_000)),
    ],
    ids=["none", "cut", "cut chunk", "no body", "nonsense", "too long", "not gzip", "bomb"],
)
def test_after_the_connection_nothing_but_a_whole_answer_is_known(receiver, said):
    receiver.answers = [said]

    with pytest.raises(OutcomeUnknown):
        send(receiver, timeout_s=5)

    assert len(receiver.heard) == 1


def test_silence_is_an_unknown_outcome(receiver):
    receiver.silent = True

    with pytest.raises(OutcomeUnknown):
        send(receiver, timeout_s=0.3)


@pytest.mark.parametrize(
    "said",
    [
        answer(200, body=b"x" * 10_000),
        answer(200, "X-Padding: " + "x" * 10_000),
        b"HTTP/1.1 100 Continue\r\n\r\n" * 400,
    ],
    ids=["body", "head", "interim"],
)
def test_an_answer_that_trickles_in_is_not_waited_for(receiver, said):
    receiver.answers = [said]
    # For longer than a test may take.
    receiver.trickle_s = 0.1

    with pytest.raises(OutcomeUnknown):
        send(receiver, timeout_s=0.3)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_the_line_does_not_take_at_once_arrives_whole_both_ways(scheme, tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    monkeypatch.setattr(http, "tls_context", authority.client_context)
    tls = authority.server_context("127.0.0.1") if scheme == "https" else None
    receiver = Receiver(tls=tls)
    body = bytes(range(256)) * 20_000
    receiver.answers = [answer(200, body=body[:900_000])]

    answered = HttpTransport().request(
        "POST", f"{scheme}://127.0.0.1:{receiver.port}/", headers={}, body=body
    )

    receiver.close()
    assert answered.body == body[:900_000]
    assert receiver.heard[0].body == body


def test_who_takes_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as server:
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            HttpTransport().request(
                "POST",
                f"http://127.0.0.1:{server.getsockname()[1]}/",
                headers={},
                body=bytes(20_000_000),
                timeout_s=0.3,
            )

    assert 0.3 <= time.monotonic() - begun < 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/"])
def test_without_a_connection_it_is_proved_that_nothing_was_sent(url):
    with pytest.raises(NotSent):
        HttpTransport().request("POST", url, headers={}, body=b"{}")


def url_of(server):
    return f"https://127.0.0.1:{server.getsockname()[1]}/"


def test_a_handshake_that_never_ends_sends_nothing_and_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        begun = time.monotonic()
        with pytest.raises(NotSent):
            HttpTransport().request("POST", url_of(mute), headers={}, body=b"{}", timeout_s=0.2)

    assert time.monotonic() - begun < 2


def test_a_handshake_that_trickles_in_is_not_waited_for():
    over = threading.Event()

    def trickle(server):
        line, _ = server.accept()
        # The head of a TLS record that announces 16,000 bytes.
        for byte in b"\x16\x03\x03\x3e\x80" + b"\x02" * 16_000:
            if over.wait(timeout=0.01):
                break
            line.send(bytes([byte]))
        line.close()

    with socket.create_server(("127.0.0.1", 0)) as slow:
        threading.Thread(target=trickle, args=[slow], daemon=True).start()
        begun = time.monotonic()
        with pytest.raises(NotSent):
            HttpTransport().request("POST", url_of(slow), headers={}, body=b"{}", timeout_s=0.3)
        over.set()

    assert time.monotonic() - begun < 2


def test_a_certificate_nobody_vouches_for_proves_that_nothing_was_sent(tmp_path):
    receiver = Receiver(tls=Authority(tmp_path).server_context("127.0.0.1"))

    with pytest.raises(NotSent, match="certificate"):
        send(receiver, timeout_s=5)

    receiver.close()
    assert receiver.heard == []


def test_tls_to_who_speaks_none_proves_that_nothing_was_sent(receiver):
    with pytest.raises(NotSent):
        HttpTransport().request(
            "POST", receiver.url.replace("http:", "https:"), headers={}, body=b"{}", timeout_s=2
        )

    assert receiver.heard == []


def test_a_resolver_that_says_nothing_is_not_waited_for(monkeypatch):
    silence = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silence.wait(10))
    begun = time.monotonic()

    with pytest.raises(NotSent):
        HttpTransport().request("POST", "http://mtn.test/", headers={}, body=b"{}", timeout_s=0.1)

    silence.set()
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("ftp://provider.test/", {}),
        ("http://:80/", {}),
        ("http://provider.test:x/", {}),
        ("http://user:password@provider.test/", {}),
        (None, {"X-Order": "a\r\nX-Injected: b"}),
        (None, {"X-Order": "é"}),
    ],
)
def test_what_cannot_be_written_as_a_request_is_not_sent_and_says_why(receiver, url, headers):
    with pytest.raises(NotSent) as refused:
        HttpTransport().request("POST", url or receiver.url, headers=headers, body=b"{}")

    assert refused.value.failure_code is FailureCode.CONFIGURATION
    assert receiver.heard == []


def test_what_is_too_late_is_not_sent_and_that_is_looked_at_when_the_connection_stands(receiver):
    too_late = datetime(2026, 3, 2, 9, tzinfo=UTC)
    stood = []

    def clock():
        stood.append(wait_until(lambda: receiver.connections == 1))
        return too_late

    with pytest.raises(NotSent, match="too late"):
        HttpTransport(clock).request(
            "POST", receiver.url, headers={}, body=b"{}", not_after=too_late
        )

    assert stood == [True]
    assert receiver.heard == []


def test_what_is_in_time_is_sent(receiver):
    now = datetime.now(UTC)

    answered = HttpTransport(lambda: now).request(
        "POST", receiver.url, headers={}, body=b"{}", not_after=now + timedelta(seconds=1)
    )

    assert answered.status == 204


def test_a_connection_is_used_again_but_not_after_a_minute_of_idleness(receiver, monkeypatch):
    receiver.keeps_alive = True
    passed = [0.0]
    for module in (http_connection, http):
        monkeypatch.setattr(module, "monotonic", lambda: time.monotonic() + passed[0])
    sending = HttpTransport()

    def post():
        sending.request("POST", receiver.url, headers={}, body=b"{}")

    post()
    passed[0] = 59
    post()
    assert receiver.connections == 1
    passed[0] = 120
    post()

    assert (len(receiver.heard), receiver.connections) == (3, 2)


def test_an_order_on_a_connection_that_dies_before_it_is_answered_is_never_sent_again(receiver):
    receiver.keeps_alive = True
    receiver.answers = [answer(200), None]
    sending = HttpTransport()
    sending.request("GET", receiver.url, headers={}, is_instruction=False)
    sending.forget_instructions()

    with pytest.raises(OutcomeUnknown):
        sending.request("POST", receiver.url, headers={}, body=b"{}")

    assert len(receiver.heard) == 2
    assert sending.has_sent_instruction


def test_a_token_or_a_question_that_left_is_no_instruction(receiver):
    sending = HttpTransport()
    sending.forget_instructions()

    sending.request("POST", receiver.url, headers={}, body=b"{}", is_instruction=False)

    assert not sending.has_sent_instruction


def test_the_kernel_gives_a_dead_peer_up(receiver):
    dialled = http_connection.dial("127.0.0.1", receiver.port, timeout_s=1)

    with dialled:
        assert dialled.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            waits_ms = dialled.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert waits_ms == http_connection.UNACKNOWLEDGED_MS_MAX


@pytest.mark.django_db(transaction=True)
def test_no_provider_is_called_inside_a_transaction(receiver):
    with transaction.atomic(), pytest.raises(RuntimeError):
        send(receiver)

    assert receiver.heard == []


@pytest.mark.django_db(transaction=True)
def test_no_database_connection_is_held_during_a_call(receiver):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    send(receiver)

    assert connection.connection is None


def test_the_environments_proxies_are_not_for_provider_traffic(receiver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    assert send(receiver).status == 204
