"""Refunds as merchants' programs ask for them."""

import uuid

import pytest

from apps.payments.models import Payment
from apps.refunds.models import Refund
from tests.api.conftest import Shop, refusal
from tests.factories import MerchantFactory, PaymentFactory

pytestmark = pytest.mark.django_db
REFUNDS = "/api/v1/refunds"


@pytest.fixture
def shop(account):
    return Shop()


def paid(shop, account, **fields):
    usual = {"succeeded": True, "amount": 10_000, "fee": 0, "account": account}
    return PaymentFactory(**{"merchant": shop.merchant, **usual, **fields})


def ask(shop, payment, *, key=None, path=REFUNDS, **body):
    return shop.post({"payment": payment.public_id, **body}, key=key, path=path)


def test_a_refund_is_answered_and_found_again(shop, account):
    payment = paid(shop, account)

    made = ask(shop, payment, amount=4_000, reason="Returned", metadata={"cart": "1"})

    assert made.status_code == 201
    body = made.json()
    assert (body["status"], body["way"], body["payment"]) == (
        "pending",
        "refund",
        payment.public_id,
    )
    assert shop.get(f"{REFUNDS}/{body['id']}").json() == body
    assert shop.get(REFUNDS).json()["data"] == [body]
    assert shop.get(f"/api/v1/payments/{payment.public_id}/refunds").json()["data"] == [body]
    entries = shop.get(f"{REFUNDS}/{body['id']}/timeline").json()["data"]
    assert {"status", "attempt", "transfer"} <= {entry["kind"] for entry in entries}
    shown = shop.get(f"/api/v1/payments/{payment.public_id}").json()
    assert (shown["amount_received"], shown["amount_refunded"]) == (10_000, 4_000)


def test_a_double_click_is_one_refund(shop, account):
    payment, key = paid(shop, account), str(uuid.uuid4())

    first = ask(shop, payment, key=key)
    again = ask(shop, payment, key=key)

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert refusal(ask(shop, payment, key=key, amount=1))[1] == "idempotency_key_reused"
    assert Refund.objects.count() == 1


def test_three_new_keys_are_one_full_refund(shop, account):
    payment = paid(shop, account)

    answers = [ask(shop, payment) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 422, 422]
    assert refusal(answers[1]) == (422, "refund_exceeds_payment", "amount")
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"amount": 10_001}, (422, "refund_exceeds_payment", "amount")),
        ({"amount": 1_000, "currency": "XOF"}, (422, "refund_currency_differs", "currency")),
        ({"amount": 1}, (422, "amount_out_of_range", "amount")),
        ({"amount": 0}, (400, "amount_not_positive", "amount")),
        ({"amount": "5"}, (400, "amount_not_integer", "amount")),
        ({"amont": 500}, (400, "unknown_field", "amont")),
        ({"payment": "pay_1"}, (404, "payment_not_found", "")),
        ({"payment": 5}, (400, "not_text", "payment")),
        ({"reason": "a" * 141}, (400, "max_length", "reason")),
    ],
)
def test_what_cannot_be_refunded_is_refused_by_its_own_code(shop, account, body, said):
    payment = paid(shop, account)

    answer = shop.post({"payment": payment.public_id, **body}, path=REFUNDS)

    assert refusal(answer) == said
    assert not Refund.objects.exists()
    assert Payment.objects.get().amount_refunded == 0


def test_anothers_payment_and_refund_are_not_found(shop, account):
    theirs = paid(Shop(MerchantFactory()), account)

    assert refusal(ask(shop, theirs))[1] == "payment_not_found"
    other = Shop(theirs.merchant)
    made = ask(other, theirs).json()
    assert refusal(shop.get(f"{REFUNDS}/{made['id']}"))[1] == "refund_not_found"
    assert refusal(shop.get(f"{REFUNDS}/{made['id']}/timeline"))[1] == "refund_not_found"
    assert shop.get(REFUNDS, payment=theirs.public_id).json()["data"] == []


def test_a_payment_of_the_other_mode_is_not_refunded(shop, account):
    live = paid(shop, account, livemode=True)

    assert refusal(ask(shop, live))[:2] == (404, "wrong_mode")


def test_the_list_is_filtered(shop, account):
    one, two = paid(shop, account), paid(shop, account)
    first = ask(shop, one, amount=1_000).json()
    second = ask(shop, two, amount=1_000).json()
    Refund.objects.filter(payment=two).update(status="processing")

    def ids(**query):
        return [row["id"] for row in shop.get(REFUNDS, **query).json()["data"]]

    assert ids() == [second["id"], first["id"]]
    assert ids(payment=one.public_id) == [first["id"]]
    assert ids(status="processing") == [second["id"]]
    assert ids(status="processing,pending") == [second["id"], first["id"]]
    assert ids(limit=1, starting_after=second["id"]) == [first["id"]]
    assert ids(created_before=first["created_at"]) == []
    assert refusal(shop.get(REFUNDS, status="paid"))[1] == "invalid_parameter"
    assert refusal(shop.get(REFUNDS, payment="order-1"))[1] == "invalid_parameter"


def test_a_key_without_the_scope_refunds_nothing(shop, account):
    payment = paid(shop, account)
    reader = Shop(shop.merchant, scopes=["payments:write", "refunds:read"])

    assert refusal(ask(reader, payment))[0] == 403
    assert not Refund.objects.exists()


def test_orange_is_refunded_by_the_merchants_reference(shop, account):
    account.operations = ["collect", "disburse"]
    account.save()
    payment = paid(shop, account, operator="orange", merchant_reference="order/7")
    paid(shop, account, merchant_reference="order/8")

    answer = shop.post({"payment": "order/7"}, path="/api/v1/orange/refund")
    of_mtn = shop.post({"payment": "order/8"}, path="/api/v1/orange/refund")

    made = answer.json()
    assert (made["payment"], made["amount"], made["way"]) == (
        payment.public_id,
        10_000,
        "disburse",
    )
    assert refusal(of_mtn)[1] == "payment_not_found"
    assert Refund.objects.count() == 1
