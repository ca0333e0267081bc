"""Every bad request has its own stable code, names its field, and leaves nothing behind."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.core.models import IdempotencyRecord, OutboxMessage
from apps.merchants.scopes import ALL
from apps.payments.models import Payment
from tests.api.conftest import PAYMENTS, Shop, payment_body, refusal
from tests.docs.pages import read

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert not Payment.objects.exists()
    assert not IdempotencyRecord.objects.exists()
    assert not OutboxMessage.objects.exists()


def without(name):
    return {key: value for key, value in payment_body().items() if key != name}


def payer(**fields):
    return payment_body(payer={"phone": "677000001", **fields})


BODIES = [
    (without("amount"), "required", "amount"),
    (payment_body(amount="1500"), "amount_not_integer", "amount"),
    (payment_body(amount=1500.5), "amount_not_integer", "amount"),
    (payment_body(amount=1500.0), "amount_not_integer", "amount"),
    (payment_body(amount=True), "amount_not_integer", "amount"),
    (payment_body(amount=[1500]), "amount_not_integer", "amount"),
    (payment_body(amount=None), "null", "amount"),
    (payment_body(amount=0), "amount_not_positive", "amount"),
    (payment_body(amount=-1500), "amount_not_positive", "amount"),
    (payment_body(amount=10**12 + 1), "amount_too_large", "amount"),
    (payment_body(amount=10**29), "amount_too_large", "amount"),
    (without("currency"), "required", "currency"),
    (payment_body(currency="GBP"), "unknown_currency", "currency"),
    (payment_body(currency="xaf"), "unknown_currency", "currency"),
    (payment_body(currency=950), "not_text", "currency"),
    (payment_body(currency=""), "blank", "currency"),
    (without("payer"), "required", "payer"),
    (payment_body(payer="677000001"), "invalid", "payer"),
    (payment_body(payer={}), "required", "payer.phone"),
    (payment_body(payer={"phone": 677000001}), "not_text", "payer.phone"),
    (payment_body(payer={"phone": "6" * 41}), "max_length", "payer.phone"),
    (payer(phone="call me"), "invalid_phone_number", "payer.phone"),
    (payer(phone="+237 12"), "invalid_phone_number", "payer.phone"),
    (payer(country="Cameroon"), "unknown_country", "payer.country"),
    (payer(country="XX"), "unknown_country", "payer.country"),
    (payer(operator="vodafone"), "invalid_choice", "payer.operator"),
    (payer(operator={"name": "mtn"}), "invalid_choice", "payer.operator"),
    (payer(name="Awa"), "unknown_field", "payer.name"),
    (payment_body(amout=1500), "unknown_field", "amout"),
    (payment_body(reference=7), "not_text", "reference"),
    (payment_body(reference="r" * 65), "max_length", "reference"),
    (payment_body(description="d" * 141), "max_length", "description"),
    (payment_body(metadata=[]), "metadata_not_object", "metadata"),
    (payment_body(metadata="text"), "metadata_not_object", "metadata"),
    (payment_body(metadata={"cart": {"id": 1}}), "metadata_not_text", "metadata"),
    (payment_body(metadata={"cart": 1}), "metadata_not_text", "metadata"),
    (payment_body(metadata={"k" * 41: "v"}), "metadata_too_large", "metadata"),
    (payment_body(metadata={"k": "v" * 501}), "metadata_too_large", "metadata"),
    (payment_body(metadata={str(n): "v" for n in range(21)}), "metadata_too_large", "metadata"),
    (payment_body(return_url="shop.example"), "invalid_url", "return_url"),
    (payment_body(return_url="javascript:alert(1)"), "invalid_url", "return_url"),
    (payment_body(return_url="https://"), "invalid_url", "return_url"),
    (payment_body(return_url="https://[bad"), "invalid_url", "return_url"),
    (payment_body(cancel_url="https://shop.example/a b"), "invalid_url", "cancel_url"),
    (payment_body(cancel_url="https://shop.example/" + "a" * 500), "max_length", "cancel_url"),
]


CHANGES = [
    (method, path)
    for path, methods in json.loads(read("docs/openapi.json"))["paths"].items()
    for method in methods
    if method in {"post", "patch", "put", "delete"}
]


@pytest.mark.parametrize(("body", "code", "field"), BODIES)
def test_a_bad_field_is_named_with_its_own_code(shop, body, code, field):
    assert refusal(shop.post(body)) == (400, code, field)


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_what_changes_something_takes_nothing_from_its_address(shop, method, path):
    # One that approves payouts too, which no other key can have.
    shop = Shop(shop.merchant, scopes=ALL)
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": "order-7"}

    answer = getattr(shop.client, method)(
        f"{path}?amount=500", b"{}", content_type="application/json", headers=headers
    )

    assert refusal(answer) == (400, "unknown_parameter", "amount")
    assert "in the body" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (payer(phone="690000001"), "no_rail", "payer.phone"),
        (payer(phone="+221770000001"), "no_rail", "payer.phone"),
        (payer(operator="wave"), "no_rail", "payer.phone"),
        (payment_body(currency="XOF"), "no_rail", "currency"),
        (payment_body(amount=99), "amount_out_of_range", "amount"),
        (payment_body(amount=1_000_001), "amount_out_of_range", "amount"),
    ],
)
def test_what_no_rail_serves_is_422(shop, body, code, field):
    assert refusal(shop.post(body)) == (422, code, field)


def test_several_errors_are_told_at_once(shop):
    answer = shop.post({"amount": 0, "currency": "GBP", "payer": {}})

    errors = answer.json()["errors"]
    assert [(error["field"], error["code"]) for error in errors] == [
        ("amount", "amount_not_positive"),
        ("currency", "unknown_currency"),
        ("payer.phone", "required"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"amount=1500",
        b'{"amount":1500,"amount":1600}',
        b'{"payer":{"phone":"1","phone":"2"}}',
        b'{"amount":NaN}',
        b'{"reference":"\xff"}',
        b'{"reference":"\\u0000"}',
        b'{"reference":"\\ud800"}',
        b"[" * 60_000,
    ],
)
def test_what_is_not_one_clean_json_object_is_refused(shop, body):
    status, code, _ = refusal(shop.post(body))

    assert (status, code) in {(400, "malformed_json"), (400, "required")}


@pytest.mark.parametrize("size", [64 * 1024 + 1, 10_000_000])
def test_a_body_too_large_is_refused_unread(shop, size):
    body = json.dumps(payment_body(description="")).encode()

    assert refusal(shop.post(body + b" " * (size - len(body))))[:2] == (413, "body_too_large")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_another_content_type_is_refused(shop, content_type):
    answer = shop.post(content_type=content_type)

    assert refusal(answer)[:2] == (415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("path", [PAYMENTS, f"{PAYMENTS}/pay_x", "/api/v1/balance"])
def test_a_method_not_offered_is_405(shop, method, path):
    answer = getattr(shop.client, method)(path, headers={"Authorization": f"Bearer {shop.key}"})

    assert refusal(answer)[:2] == (405, "method_not_allowed")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*;q=0"])
def test_refusals_are_json_whatever_is_accepted(shop, accept):
    answer = shop.post(payment_body(amount=0), headers={"Accept": accept})

    assert refusal(answer) == (400, "amount_not_positive", "amount")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/payments/", "/api/v1/payments/a/b"])
def test_an_address_that_is_none_is_404(shop, path):
    assert refusal(shop.get(path))[:2] == (404, "not_found")


def test_without_a_key_nothing_is_answered(shop):
    answer = shop.client.post(PAYMENTS, payment_body(), content_type="application/json")

    assert refusal(answer)[:2] == (401, "authentication_required")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_key_may_do_what_its_scopes_name_and_no_more(account, method):
    shop = Shop(scopes=["balance:read"])
    bearer = {"Authorization": f"Bearer {shop.key}"}

    answer = getattr(shop.client, method)(PAYMENTS, headers=bearer)

    assert answer.status_code == 403
    assert refusal(shop.post())[:2] == (403, "scope_missing")
    assert shop.get("/api/v1/balance").status_code == 200


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", "idempotency_key_invalid"),
        ("two words", "idempotency_key_invalid"),
        ("k" * 256, "idempotency_key_invalid"),
    ],
)
def test_a_request_without_a_usable_idempotency_key_is_refused(shop, key, code):
    assert refusal(shop.post(headers={"Idempotency-Key": key}))[:2] == (400, code)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"starting_after": "pay_1"}])
def test_a_page_that_is_none_is_refused(shop, query):
    assert refusal(shop.get(PAYMENTS, **query)) == (400, "invalid_page", next(iter(query)))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["XAF", "677000001", 0]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["phone", "country", "operator", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
field_names = st.sampled_from([*payment_body(), "reference", "metadata", "return_url"])


@settings(
    max_examples=120,
)
@given(
    st.dictionaries(field_names | st.text(max_size=5), json_values, max_size=7).map(
        lambda data: json.dumps(data).encode()
    )
    | st.binary(max_size=200)
)
@example(json.dumps({"amount": 10**300}).encode())
@example(json.dumps(payment_body(amount=0, payer={"non_field_errors": 1})).encode())
def test_no_body_whatsoever_breaks_us(shop, body):
    answer = shop.post(body)

    assert 400 <= answer.status_code < 500, body
    refusal(answer)
