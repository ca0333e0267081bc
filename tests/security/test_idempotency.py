"""The contract of repeated requests, on every POST that the URL map has."""

import threading

import pytest
from django.db import connection

from apps.core.remembered import forget_everything
from tests.api.conftest import refusal
from tests.security.routes import POSTS, call, fingerprint, prepare

# A unique key is broken on purpose: PostgreSQL would end a test's own transaction.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_without_a_key_a_post_is_refused(world, route):
    address, body = world.address(route), world.body(route)
    before = fingerprint()

    answer = call(world.shop, route, address, body, headers={"Idempotency-Key": ""})

    assert refusal(answer)[:2] == (400, "idempotency_key_missing")
    assert fingerprint() == before


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
    forget_everything()
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
