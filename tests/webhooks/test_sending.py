"""The wire: TLS to the checked address under the name, one deadline, lines kept for the next."""

import socket
import threading
from dataclasses import replace

import pytest
from standardwebhooks import Webhook

from apps.core.ttl_cache import clear_all
from apps.webhooks import address_guard, transport
from apps.webhooks.services.deliver_webhook import deliver_webhook
from apps.webhooks.signing import new_secret
from tests.receiver import Receiver, answer
from tests.webhooks.authority import Authority
from tests.webhooks.claims import SENDABLE, make_claim

pytestmark = pytest.mark.usefixtures("without_rows")

NAME = "shop.example.com"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(monkeypatch, authority):
    context = authority.client_context()
    monkeypatch.setattr(transport, "tls_context", lambda: context)


@pytest.fixture
def names(monkeypatch):
    """What names resolve to."""
    known = {NAME: ["127.0.0.1"]}
    monkeypatch.setattr(address_guard, "look_up", lambda host: known[host])
    return known


@pytest.fixture
def listen():
    """Start a receiver; it ends with the test."""
    started = []

    def listening(*arguments, **options):
        receiver = Receiver(*arguments, **options)
        started.append(receiver)
        return receiver

    yield listening
    for receiver in started:
        receiver.close()


def send(url, **options):
    return deliver_webhook(make_claim(url, **options)[0])


def test_the_address_is_pinned_and_the_name_kept_for_tls_and_host(
    authority, trusted, names, listen
):
    context = authority.server_context(NAME)
    asked_for = []
    context.sni_callback = lambda _, name, __: asked_for.append(name)
    receiver = listen(tls=context)

    tried = send(f"https://{NAME}:{receiver.port}/hooks")

    (heard,) = receiver.heard
    assert tried.status_code == 204
    assert asked_for == [NAME]
    assert heard.headers["host"] == f"{NAME}:{receiver.port}"


@pytest.mark.parametrize("shown", ["other.example.com", "127.0.0.1", "example.com", "*.other.cm"])
def test_a_certificate_for_another_name_is_refused(authority, trusted, names, listen, shown):
    receiver = listen(tls=authority.server_context(shown))

    tried = send(f"https://{NAME}:{receiver.port}/hooks")

    assert tried.error.startswith("certificate refused: Hostname mismatch")
    assert receiver.heard == []


def test_a_certificate_of_an_unknown_authority_is_refused(authority, names, listen):
    receiver = listen(tls=authority.server_context(NAME))

    tried = send(f"https://{NAME}:{receiver.port}/hooks")

    assert tried.error.startswith("certificate refused: ")
    assert receiver.heard == []


def test_tls_to_who_speaks_none_is_a_failure(trusted, names, listen):
    receiver = listen()

    tried = send(f"https://{NAME}:{receiver.port}/hooks")

    assert (tried.status_code, bool(tried.error)) == (None, True)


def test_a_handshake_is_made_once_for_many_webhooks(authority, trusted, names, listen):
    receiver = listen(tls=authority.server_context(NAME))
    receiver.keeps_alive = True

    for _ in range(20):
        assert send(f"https://{NAME}:{receiver.port}/hooks").status_code == 204

    assert (len(receiver.heard), receiver.connections) == (20, 1)


def test_a_line_is_not_used_any_more_when_its_name_leads_elsewhere(
    authority, trusted, names, listen
):
    context = authority.server_context(NAME)
    here = listen("127.0.0.1", tls=context)
    there = listen("127.0.0.2", here.port, tls=context)
    here.keeps_alive = there.keeps_alive = True
    url = f"https://{NAME}:{here.port}/hooks"
    send(url)

    names[NAME] = ["127.0.0.2"]
    clear_all()
    send(url)
    send(url)

    assert (len(here.heard), len(there.heard), there.connections) == (1, 2, 1)


def test_the_next_address_is_tried_when_the_first_does_not_answer(names, listen):
    receiver = listen("127.0.0.2")
    names[NAME] = ["127.0.0.3", "127.0.0.2"]

    assert send(f"http://{NAME}:{receiver.port}/hooks").status_code == 204


def test_a_line_that_was_closed_meanwhile_is_not_used(receiver):
    # Its answer does not say that it will close.
    for _ in range(3):
        assert send(receiver.url).status_code == 204

    assert (len(receiver.heard), receiver.connections) == (3, 3)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Injected\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_after_an_answer_whose_end_is_doubtful_the_line_is_not_used_again(receiver, said):
    receiver.keeps_alive = True
    receiver.answers = [said]

    assert send(receiver.url).status_code == 200
    assert send(receiver.url).status_code == 204
    assert receiver.connections == 2


def test_interim_answers_are_passed_over(receiver):
    receiver.keeps_alive = True
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    receiver.answers = [b"HTTP/1.1 100 Continue\r\n\r\n" + early + answer(202)]

    assert [send(receiver.url).status_code for _ in range(2)] == [202, 204]
    assert receiver.connections == 1


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "not an HTTP answer"),
        (b"HTTP/2 200 OK\r\n\r\n", "not an HTTP answer"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "not an HTTP answer"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n" * 9, "not an HTTP answer"),
        (b"HTTP/1.1 200 O", "not an HTTP answer"),
        (None, "closed without answer"),
    ],
    ids=["ssh", "http2", "four digits", "only interim", "cut status line", "nothing"],
)
def test_what_is_no_answer_is_told_in_words(receiver, said, error):
    receiver.answers = [said]

    tried = send(receiver.url)

    assert (tried.status_code, tried.error, tried.is_taken) == (None, error, False)


def test_a_head_that_trickles_in_is_not_waited_for(settings, receiver):
    settings.WEBHOOK_TIMEOUT_S = 0.2
    # It would take twenty seconds, each byte well within any timeout of a single read.
    receiver.trickle_s = 0.1
    receiver.answers = [b"HTTP/1.1 200 OK\r\nX-Padding: " + b"a" * 200 + b"\r\n\r\n"]

    tried = send(receiver.url)

    assert (tried.status_code, tried.error) == (None, "timed out")


def test_a_handshake_that_never_ends_is_not_waited_for(settings, trusted, names, listen):
    settings.WEBHOOK_TIMEOUT_S = 0.2
    mute = socket.create_server(("127.0.0.1", 0))

    tried = send(f"https://{NAME}:{mute.getsockname()[1]}/hooks")

    mute.close()
    assert (tried.status_code, tried.error) == (None, "timed out")


def test_who_does_not_take_in_a_large_body_is_not_waited_for(settings):
    settings.WEBHOOK_TIMEOUT_S = 0.2
    deaf = socket.create_server(("127.0.0.1", 0))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    tried = send(f"http://127.0.0.1:{deaf.getsockname()[1]}/", body="x" * 20_000_000)

    deaf.close()
    assert (tried.status_code, tried.error) == (None, "timed out")


def test_many_threads_use_a_few_lines(receiver):
    receiver.keeps_alive = True
    together = threading.Barrier(8)

    def work():
        together.wait()
        for _ in range(25):
            assert send(receiver.url).status_code == 204

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receiver.heard) == 200
    assert receiver.connections <= 8


def test_while_two_secrets_live_both_sign_and_the_reference_library_takes_either(receiver):
    old = new_secret()
    delivery, new = make_claim(receiver.url, previous_secret=old, body='{"id":"evt_1"}')

    deliver_webhook(delivery)

    (heard,) = receiver.heard
    first, second = heard.headers["webhook-signature"].split(" ")
    assert first != second
    for secret in (new, old):
        assert Webhook(secret).verify(heard.body, heard.headers) == {"id": "evt_1"}


def test_a_secret_that_cannot_be_read_is_a_result_and_sends_nothing(receiver):
    delivery, _ = make_claim(receiver.url)
    SENDABLE[delivery.id] = replace(SENDABLE[delivery.id], secret_encrypted=b"?")

    tried = deliver_webhook(delivery)

    assert (tried.status_code, tried.error) == (None, "signing secret unreadable")
    assert receiver.heard == []
