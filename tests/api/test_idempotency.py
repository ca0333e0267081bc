"""The same request twice has one effect and one answer, byte for byte."""

import json
import threading

import pytest
from django.db import connection

from apps.core.models import OutboxMessage
from apps.payments.models import Attempt, Payment
from apps.webhooks.models import Event
from tests.api.conftest import Shop, payment_body, refusal
from tests.fakes import open_account

# A unique key is broken on purpose: PostgreSQL would end a test's own transaction.
pytestmark = pytest.mark.django_db(transaction=True)

FULL = payment_body(
    payer={"phone": "677000001", "country": "CM", "operator": "mtn"},
    reference="order-1",
    description="Livre",
    metadata={"cart": "1"},
    return_url="https://shop.example/merci",
    cancel_url="https://shop.example/panier",
)

CHANGES = [
    {"amount": 1_501},
    {"currency": "EUR"},
    {"payer": {**FULL["payer"], "phone": "677000002"}},
    {"payer": {"phone": "677000001", "country": "CM"}},
    {"payer": {"phone": "677000001", "operator": "mtn"}},
    {"reference": "order-2"},
    {"reference": "order-1 "},
    {"description": "Livres"},
    {"metadata": {"cart": "2"}},
    {"metadata": {"cart": "1", "page": "1"}},
    {"return_url": "https://shop.example/merci/"},
    {"cancel_url": "https://shop.example/"},
]


def test_the_same_key_and_body_give_the_first_answer_byte_for_byte(shop):
    first = shop.post(FULL, key="order-1")

    again = shop.post(FULL, key="order-1")

    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Payment.objects.count() == Attempt.objects.count() == 1
    assert OutboxMessage.objects.count() == Event.objects.count() == 1


def test_the_order_of_keys_and_white_space_do_not_matter(shop):
    first = shop.post(FULL, key="order-1")
    backwards = {name: FULL[name] for name in reversed(FULL)}
    spaced = json.dumps(backwards, indent=8).replace("é", "\\u00e9").encode()

    again = shop.post(spaced, key="order-1")

    assert again.content == first.content


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_key_with_any_field_changed_is_refused(shop, change):
    shop.post(FULL, key="order-1")

    answer = shop.post({**FULL, **change}, key="order-1")

    assert refusal(answer)[:2] == (422, "idempotency_key_reused")
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("name", ["reference", "description", "metadata", "return_url"])
def test_the_same_key_with_a_field_left_out_is_refused(shop, name):
    shop.post(FULL, key="order-1")

    answer = shop.post({key: FULL[key] for key in FULL if key != name}, key="order-1")

    assert refusal(answer)[:2] == (422, "idempotency_key_reused")


def test_after_a_refusal_the_corrected_body_is_accepted_under_the_same_key(shop):
    misshapen = shop.post({**FULL, "amount": 0}, key="order-1")
    unserved = shop.post({**FULL, "amount": 99}, key="order-1")

    corrected = shop.post(FULL, key="order-1")

    assert [misshapen.status_code, unserved.status_code, corrected.status_code] == [400, 422, 201]
    assert Payment.objects.count() == 1


def test_one_key_of_two_merchants_or_two_modes_names_two_requests(shop):
    open_account(livemode=True)
    callers = [shop, Shop(), Shop(shop.merchant, livemode=True)]

    answers = [caller.post(FULL, key="order-1") for caller in callers]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert Payment.objects.count() == 3


def test_two_keys_of_one_merchants_mode_share_their_requests(shop):
    first = shop.post(FULL, key="order-1")

    again = Shop(shop.merchant).post(FULL, key="order-1")

    assert again.content == first.content


def test_fifty_at_once_make_one_payment_and_hear_one_answer(shop):
    shop.get("/api/v1/balance")
    answers, begin = [], threading.Barrier(10)

    def ask():
        begin.wait(timeout=20)
        for _ in range(5):
            answers.append(shop.post(FULL, key="order-1"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(answers) == 50
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert Payment.objects.count() == Attempt.objects.count() == OutboxMessage.objects.count() == 1
