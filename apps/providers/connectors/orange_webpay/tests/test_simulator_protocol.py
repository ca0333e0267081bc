"""What other people's clients send, by hand: nothing here goes through our connector."""

import json
from base64 import b64encode

import pytest
import urllib3

from apps.providers.connectors.orange_webpay.simulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    MERCHANT_KEY,
)

ORDER = {
    "merchant_key": MERCHANT_KEY,
    "currency": "OUV",
    "order_id": "order-1",
    "amount": 1200,
    "return_url": "http://shop.example/thanks",
    "cancel_url": "http://shop.example/cart",
    "notif_url": "http://127.0.0.1:9/nobody",
    "lang": "fr",
    "reference": "Shop",
}


@pytest.fixture
def post(simulator):
    def post(path, body, **headers):
        answer = urllib3.request(
            "POST",
            f"{simulator.root}/orange_webpay{path}",
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers=headers,
        )
        return answer.status, json.loads(answer.data)

    return post


@pytest.fixture
def bearer(post):
    def bearer(version="v3"):
        basic = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        _, body = post(
            f"/oauth/{version}/token",
            b"grant_type=client_credentials",
            Authorization=f"Basic {basic}",
        )
        return body

    return bearer


@pytest.fixture
def call(post, bearer):
    token = bearer()["access_token"]

    def call(action, body, env="dev", **headers):
        path = f"/orange-money-webpay/{env}/v1/{action}"
        return post(path, body, Authorization=f"Bearer {token}", **headers)

    return call


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("as_text", "expires_in"), [(0, 3600), (1, "3600")])
def test_token_life_is_a_number_or_on_request_a_text(
    simulator, bearer, version, as_text, expires_in
):
    simulator.settings(expires_in_as_text=as_text)

    token = bearer(version)

    assert set(token) == {"token_type", "access_token", "expires_in"}
    assert token["expires_in"] == expires_in


def test_created_order_carries_the_five_fields(call):
    status, body = call("webpayment", ORDER)

    assert status == 201
    assert set(body) == {"status", "message", "pay_token", "payment_url", "notif_token"}
    assert (body["status"], body["message"]) == (201, "OK")


def test_env_is_known_in_any_case_and_json_under_any_content_type(call):
    _, created = call("webpayment", {**ORDER, "currency": "XOF"}, env="CI")
    question = {"order_id": "order-1", "amount": "1200", "pay_token": created["pay_token"]}

    status, body = call(
        "transactionstatus",
        question,
        env="ci",
        **{"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert (status, body) == (200, {"status": "INITIATED", "order_id": "order-1"})


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"merchant_key": "other"}, 403, 50),
        ({"currency": "XOF"}, 400, 24),
        ({"order_id": ""}, 400, 27),
        ({"order_id": "x" * 31}, 400, 24),
        ({"reference": "x" * 31}, 400, 24),
        ({"amount": 0}, 400, 24),
        ({"amount": 12.5}, 400, 24),
        ({"amount": True}, 400, 24),
        ({"amount": "1e3"}, 400, 24),
        ({"notif_url": None}, 400, 27),
        ({"return_url": "javascript:alert(1)"}, 400, 24),
        ({"cancel_url": "http://shop.example/\r\nX: y"}, 400, 24),
    ],
)
def test_refusal_comes_in_oranges_envelope(simulator, call, change, status, code):
    answered, body = call("webpayment", {**ORDER, **change})

    assert (answered, body["code"]) == (status, code)
    assert set(body) == {"code", "message", "description"}
    assert simulator.book() == []


def test_order_id_is_used_once_even_with_another_amount(simulator, call):
    call("webpayment", ORDER)

    status, body = call("webpayment", {**ORDER, "amount": 5})

    assert (status, body["code"]) == (400, 24)
    assert [row["amount"] for row in simulator.book()] == [1200]


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/orange-money-webpay/dev/v1/webpayment", {}, 401, 40),
        ("/orange-money-webpay/dev/v1/webpayment", {"Authorization": "Bearer old"}, 401, 42),
        ("/orange-money-webpay/dev/v1/refund", {}, 404, 60),
    ],
)
def test_stranger_is_refused(post, path, headers, status, code):
    answered, body = post(path, ORDER, **headers)

    assert (answered, body["code"]) == (status, code)


def test_strange_credentials_are_an_invalid_client(post):
    answered, body = post("/oauth/v3/token", ORDER, Authorization="Basic eDp5")

    assert (answered, body["error"]) == (401, "invalid_client")
    assert body["error_description"]


def test_amounts_may_be_floats_with_nothing_after_the_point(call, simulator):
    assert call("webpayment", {**ORDER, "amount": 1200.0})[0] == 201
    assert [row["amount"] for row in simulator.book()] == [1200]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_unreadable_body_is_refused(call, body):
    assert call("webpayment", body)[0] == 400


def test_unknown_country_is_not_found(call):
    assert call("webpayment", ORDER, env="fr")[0] == 404
