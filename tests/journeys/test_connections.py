"""One kept-alive connection serves whatever is sent on it, refused or not."""

import http.client
import json
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
        (400, "idempotency_key_missing"),
        (415, "unsupported_media_type"),
        (413, "body_too_large"),
        (201, "payment"),
    ]
    assert connection.sock is line
