"""The contract of repeated requests, on every POST that the URL map has."""

import threading

import pytest
from django.db import connection

from apps.core.ttl_cache import clear_all
from tests.api.conftest import Shop, refusal
from tests.security.routes import POSTS, ROUTES, WITH_BODY, call, fingerprint, prepare

# A unique key is broken on purpose: PostgreSQL would end a test's own transaction. What is refused
# gets no further than that.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.django_db
def test_without_a_key_a_post_is_refused(world, subtests):
    for route in POSTS:
        with subtests.test(str(route)):
            address, body = world.address(route), world.body(route)
            before = fingerprint()

            answer = call(world.shop, route, address, body, headers={"Idempotency-Key": None})

            assert refusal(answer)[:2] == (400, "idempotency_key_missing")
            assert fingerprint() == before


@pytest.mark.django_db
def test_a_repeated_or_malformed_key_is_invalid_and_does_nothing(world, subtests):
    for route in POSTS:
        address, body = world.address(route), world.body(route)
        before = fingerprint()
        for header in ("", "A,A", "clé", "a" * 256):
            with subtests.test(str(route), header=header):
                answer = call(world.shop, route, address, body, headers={"Idempotency-Key": header})

                assert refusal(answer)[:2] == (400, "idempotency_key_invalid")
        assert fingerprint() == before


@pytest.mark.django_db
def test_a_header_sent_twice_is_refused_where_nobody_can_tell_which_counts(world, subtests):
    key = world.shop.key
    for route in ROUTES:
        address = world.address(route)
        body = world.body(route) if route in WITH_BODY else None
        before = fingerprint()
        for name, twice in {"Authorization": f"Bearer {key},Bearer {key}", "Host": "a,b"}.items():
            with subtests.test(str(route), header=name):
                answer = call(world.shop, route, address, body, headers={name: twice})

                assert refusal(answer)[:2] == (400, "header_repeated")
        assert fingerprint() == before


# Their answers hold no secret, and a retry must survive the rotation of a key.
SHARED = {
    "POST payments",
    "POST payments/{payment_id}/cancel",
    "POST payment_methods/predict",
    "POST mtn/collection",
    "POST orange/payment",
    "POST refunds",
    "POST refunds/{refund_id}/cancel",
    "POST orange/refund",
    "POST disputes",
    "POST disputes/{dispute_id}/evidence",
    "POST disputes/{dispute_id}/submit",
    "POST disputes/{dispute_id}/accept",
    "POST payouts",
    "POST payouts/{payout_id}/cancel",
    "POST mtn/disbursement",
    "POST tickets",
    "POST tickets/{ticket_id}/messages",
    "POST tickets/{ticket_id}/attachments",
    "POST tickets/{ticket_id}/close",
    "POST tickets/{ticket_id}/rating",
}


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_an_answer_is_private_to_the_credential_that_asked(world, route):
    address, body = world.address(route), world.body(route)
    prepare(world, route)
    first = call(world.shop, route, address, body, key="order-1")
    other = Shop(world.merchant, scopes=route.scopes or ["payments:read"])
    call(other, route, address, body, headers={"Idempotency-Key": None})
    before = fingerprint()

    answer = call(other, route, address, body, key="order-1")

    assert first.status_code in {200, 201, 202}, first.content
    if str(route) in SHARED or route.path.startswith(("payout_batch", "approvals")):
        assert answer.content == first.content
        words = [b"secret", b"whsec_"]
        if not route.path.startswith("tickets"):
            # The secret that opens a stream.
            words.append(b"ticket")
        assert not any(word in first.content for word in words)
    else:
        assert refusal(answer)[:2] == (409, "idempotency_key_of_another")
    assert fingerprint() == before


def test_a_payment_is_retried_with_the_key_that_replaced_the_one_it_was_asked_with(world):
    rotated = world.shop.post({}, path=f"/api/v1/api_keys/{world.shop.api_key.public_id}/rotate")
    first = world.shop.post(key="order-1")
    successor = Shop(world.merchant)
    successor.key = rotated.json()["secret"]

    again = successor.post(key="order-1")

    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_the_same_post_again_has_the_first_answer_and_no_effect(world, route):
    address, body = world.address(route), world.body(route)
    prepare(world, route)
    first = call(world.shop, route, address, body, key="order-1")
    before = fingerprint()

    again = call(world.shop, route, address, body, key="order-1")

    assert first.status_code in {200, 201, 202}, first.content
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert fingerprint() == before


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_the_same_post_many_times_at_once_has_one_effect(world, route):
    address, body = world.address(route), world.body(route)
    prepare(world, route)
    clear_all()
    answers, begin = [], threading.Barrier(6)

    def ask():
        begin.wait(timeout=120)
        answers.append(call(world.shop, route, address, body, key="order-1"))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert len(answers) == 6
    done = [answer for answer in answers if answer.status_code < 300]
    in_flight = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(in_flight) == 6, [answer.content for answer in answers]
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in done) == 1
    for answer in in_flight:
        assert refusal(answer)[:2] == (409, "idempotency_key_in_flight")
        assert int(answer["Retry-After"]) > 0
    # Told to come again, each is then given the same answer.
    again = call(world.shop, route, address, body, key="order-1")
    assert again.content == done[0].content
