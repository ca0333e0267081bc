"""One kept-alive connection serves whatever is sent on it, refused or not."""

import http.client
import json
import socket
import uuid
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

PAYMENTS = "/api/v1/payments"


@pytest.fixture
def connection(platform):
    connection = http.client.HTTPConnection(urlsplit(platform.stack.urls.web).netloc, timeout=120)
    connection.connect()
    yield connection
    connection.close()


@pytest.fixture
def post(platform, connection):
    """Send it on the one connection; (status, code or id) of the answer."""

    def send(body, *, in_chunks=False, **headers):
        headers = {
            "Authorization": f"Bearer {platform.cameroon['api_key']}",
            "Idempotency-Key": str(uuid.uuid4()),
            "Content-Type": "application/json",
            **headers,
        }
        connection.request(
            "POST",
            PAYMENTS,
            iter([body[:9], body[9:]]) if in_chunks else body,
            headers,
            encode_chunked=in_chunks,
        )
        answer = connection.getresponse()
        said = json.load(answer)
        return answer.status, said.get("code") or said["object"]

    return send


def good(**fields):
    return json.dumps(
        {"amount": 1_500, "currency": "XAF", "payer": {"phone": "677000001"}, **fields}
    ).encode()


def test_a_body_in_chunks_is_a_body_like_any_other(post):
    assert post(good(), in_chunks=True) == (201, "payment")
    assert post(good(amount=0), in_chunks=True) == (400, "amount_not_positive")
    assert post(good() + b" " * 100_000, in_chunks=True) == (413, "body_too_large")
    assert post(b"{", in_chunks=True) == (400, "malformed_json")


def test_refused_or_not_the_connection_goes_on(post, connection):
    line = connection.sock
    padding = b" " * 60_000

    answers = [
        post(good() + padding, Authorization=""),
        post(good() + padding, **{"Idempotency-Key": ""}),
        post(good() + padding, **{"Content-Type": "text/plain"}),
        post(good() + b" " * 10_000_000),
        post(good() + padding),
    ]

    assert answers == [
        (401, "authentication_required"),
        (400, "idempotency_key_invalid"),
        (415, "unsupported_media_type"),
        (413, "body_too_large"),
        (201, "payment"),
    ]
    assert connection.sock is line


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([b"Idempotency-Key: A", b"Idempotency-Key: A"], "idempotency_key_invalid"),
        ([b"Idempotency-Key: A", b"idempotency-key: B"], "idempotency_key_invalid"),
        ([b"Idempotency-Key: A,A"], "idempotency_key_invalid"),
        (["Idempotency-Key: commande-\u00e9".encode()], "idempotency_key_invalid"),
        ([b"Idempotency-Key: commande-\xe9"], "idempotency_key_invalid"),
        ([b"Idempotency-Key: a b"], "idempotency_key_invalid"),
        ([b"Idempotency-Key: a\tb"], "idempotency_key_invalid"),
        ([b"Idempotency-Key: " + b"k" * 256], "idempotency_key_invalid"),
        ([b"Idempotency-Key:"], "idempotency_key_invalid"),
        ([b"Idempotency-Key:   "], "idempotency_key_invalid"),
        ([], "idempotency_key_missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value)[:40],
)
def test_a_key_that_came_twice_or_cannot_be_read_is_said_to_be_so(platform, lines, code):
    assert raw_post(platform, lines) == (400, code)


def raw_post(platform, lines, body=None):
    """Send these header lines as they are; (status, code) of the answer."""
    body = good() if body is None else body
    head = [
        f"POST {PAYMENTS} HTTP/1.1".encode(),
        b"Host: 127.0.0.1",
        b"Connection: close",
        b"Content-Type: application/json",
        f"Authorization: Bearer {platform.cameroon['api_key']}".encode(),
        f"Content-Length: {len(body)}".encode(),
        *lines,
    ]
    address = urlsplit(platform.stack.urls.web)
    with socket.create_connection((address.hostname, address.port), timeout=120) as line:
        line.sendall(b"\r\n".join(head) + b"\r\n\r\n" + body)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        return answer.status, json.loads(answer.read()).get("code")
