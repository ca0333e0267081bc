"""Whether a provider can have received something is never in doubt longer than it has to be."""

import gzip

import pytest
from django.db import connection, transaction

from apps.providers.contract import NotSent, OutcomeUnknown
from apps.providers.transport import ANSWER_BYTES_MAX, HttpTransport
from tests.receiver import Receiver, answer


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def send(receiver, *, timeout_s=60.0):
    return HttpTransport().request(
        "POST", receiver.url, headers={"X-Order": "7"}, body=b"{}", timeout_s=timeout_s
    )


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


def test_an_answer_that_trickles_in_is_not_waited_for(receiver):
    receiver.answers = [answer(200, body=b"x" * 10_000)]
    # For longer than a test may take.
    receiver.trickle_s = 0.1

    with pytest.raises(OutcomeUnknown):
        send(receiver, timeout_s=0.3)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/"])
def test_without_a_connection_it_is_proved_that_nothing_was_sent(url):
    with pytest.raises(NotSent):
        HttpTransport().request("POST", url, headers={}, body=b"{}")


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
