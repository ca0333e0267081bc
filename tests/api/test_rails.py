"""The addresses of one operator are thin doors over the same payments."""

from urllib.parse import quote

import pytest

from apps.payments.models import Payment
from tests.api.conftest import Shop, payment_body, refusal
from tests.factories import PaymentFactory
from tests.fakes import FakeConnector, FakeProvider, changed_profile, open_account, register

pytestmark = pytest.mark.django_db

MTN, ORANGE = "677000001", "699000001"
COLLECTION = "/api/v1/mtn/collection"
ORANGE_PAYMENT = "/api/v1/orange/payment"


class OrangeConnector(FakeConnector):
    profile = changed_profile(code="fake_orange", operators=("orange",))


@pytest.fixture
def shop(db, account, monkeypatch):
    register(monkeypatch, {"fake_orange": (FakeProvider(), OrangeConnector)})
    open_account(connector="fake_orange")
    return Shop()


DOORS = [(COLLECTION, MTN, ORANGE, "mtn"), (ORANGE_PAYMENT, ORANGE, MTN, "orange")]


@pytest.mark.parametrize(("path", "phone", "_", "operator"), DOORS)
def test_a_door_makes_the_same_payment_as_payments_does(clock, shop, path, phone, _, operator):
    body = payment_body(payer={"phone": phone}, reference="order-7", metadata={"cart": "7"})
    usual = shop.post(body).json()

    answer = shop.post(body, path=path)

    assert answer.status_code == 201, answer.content
    assert answer.json() == {**usual, "id": answer.json()["id"]}
    assert answer.json()["operator"] == operator


@pytest.mark.parametrize(("path", "_", "wrong", "operator"), DOORS)
def test_a_number_of_another_operator_is_shown_the_right_door(shop, path, _, wrong, operator):
    answer = shop.post(payment_body(payer={"phone": wrong}), path=path)

    assert refusal(answer) == (422, "wrong_operator", "payer.phone")
    assert "/api/v1/payments" in answer.json()["detail"]
    assert not Payment.objects.exists()


def test_a_door_needs_no_operator_and_takes_none(shop):
    answer = shop.post(payment_body(payer={"phone": MTN, "operator": "mtn"}), path=COLLECTION)

    assert refusal(answer) == (400, "unknown_field", "payer.operator")


def test_a_number_of_no_known_operator_is_the_doors(shop):
    # HUB2's sandbox numbers are nobody's.
    answer = shop.post(payment_body(payer={"phone": "00000001"}), path=COLLECTION)

    assert (answer.status_code, answer.json()["operator"]) == (201, "mtn")


@pytest.mark.django_db(transaction=True)
def test_a_key_names_one_request_at_each_address(shop):
    body = payment_body()
    first = shop.post(body, path=COLLECTION, key="k")

    again = shop.post(body, path=COLLECTION, key="k")
    other = shop.post(payment_body(amount=700), path=COLLECTION, key="k")
    elsewhere = shop.post(body, key="k")

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert refusal(other)[:2] == (422, "idempotency_key_reused")
    assert elsewhere.status_code == 201
    assert Payment.objects.count() == 2


@pytest.mark.parametrize("path", [COLLECTION, ORANGE_PAYMENT])
def test_a_door_needs_a_usable_key_too(shop, path):
    answer = shop.post(path=path, headers={"Idempotency-Key": ""})

    assert refusal(answer)[:2] == (400, "idempotency_key_invalid")


@pytest.mark.parametrize("reference", ["order-7", "a/b", "é", "pay_day", "50%", "..", "a b"])
def test_status_is_found_by_id_and_by_reference(shop, reference):
    made = shop.post(payment_body(reference=reference)).json()

    by_id = shop.get(f"/api/v1/mtn/status/{made['id']}")
    by_reference = shop.get(f"/api/v1/mtn/status/{quote(reference, safe='')}")

    assert by_id.json() == by_reference.json() == made


def test_of_several_payments_with_one_reference_the_newest_answers(shop):
    shop.post(payment_body(reference="order-7"))
    newest = shop.post(payment_body(reference="order-7")).json()
    shop.post(payment_body(reference="order-7", payer={"phone": ORANGE}))

    assert shop.get("/api/v1/mtn/status/order-7").json() == newest


def test_a_door_knows_its_own_operators_payments_only(shop):
    made = shop.post(payment_body(reference="order-7")).json()

    for text in (made["id"], "order-7"):
        answer = shop.get(f"/api/v1/orange/status/{text}")
        assert refusal(answer)[:2] == (404, "payment_not_found")


@pytest.mark.parametrize("text", ["none", "pay_1", "%00", "pay_01jd0000000000000000000000", "a/b"])
def test_what_nobody_has_is_not_found(shop, text):
    PaymentFactory(merchant=shop.merchant, merchant_reference="")

    assert refusal(shop.get(f"/api/v1/mtn/status/{text}"))[:2] == (404, "payment_not_found")


def test_strangers_payments_and_those_of_the_other_mode_are_not_found(shop):
    theirs = PaymentFactory(merchant_reference="order-7")
    live = PaymentFactory(merchant=shop.merchant, merchant_reference="order-8", livemode=True)

    def asked(text):
        return refusal(shop.get(f"/api/v1/mtn/status/{text}"))[:2]

    assert asked(theirs.public_id) == asked("order-7") == (404, "payment_not_found")
    assert asked(live.public_id) == (404, "wrong_mode")
    assert asked("order-8") == (404, "payment_not_found")
