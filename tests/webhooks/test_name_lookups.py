"""A merchant's name server that says nothing holds nobody but that merchant."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import pytest
from django.db import connection
from django.test import Client

from apps.webhooks import address_guard
from apps.webhooks.models import Endpoint
from tests.api.conftest import Shop, refusal

PATH = "/api/v1/webhook_endpoints"
PUBLIC = "93.184.215.14"
# As many as a web process has.
THREADS = 4


class SilentServer:
    """Says nothing until it is told to."""

    def __init__(self):
        self.asked, self.speaks = [], threading.Event()

    def __call__(self, host):
        self.asked.append(host)
        assert self.speaks.wait(120)
        return [PUBLIC]


@pytest.fixture(autouse=True)
def _names_are_resolved(settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = False


@pytest.fixture
def silent(monkeypatch):
    server = SilentServer()
    monkeypatch.setattr(address_guard, "look_up", server)
    # Whoever waits here, waits until the server speaks.
    monkeypatch.setattr(address_guard, "DOOR_LOOKUP_S_MAX", 120)
    yield server
    server.speaks.set()


@pytest.fixture
def speaking(monkeypatch):
    monkeypatch.setattr(address_guard, "look_up", lambda host: [PUBLIC])


def register(shop, name="hooks.example.com"):
    return shop.post({"url": f"https://{name}/"}, path=PATH)


def closing(work, *arguments):
    try:
        return work(*arguments)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("merchants", ["one", "many"])
def test_health_answers_while_64_registrations_wait_for_a_silent_name_server(silent, merchants):
    one = Shop()
    shops = [one] * 64 if merchants == "one" else [Shop() for _ in range(64)]

    allowed = 1 if merchants == "one" else address_guard.WAITING_MAX
    with ThreadPoolExecutor(THREADS) as web:
        waiting = [
            web.submit(closing, register, shop, f"h{number}.example.com")
            for number, shop in enumerate(shops)
        ]
        health = web.submit(closing, Client().get, "/health")

        # Nothing was resolved yet: nobody had to wait for those who wait.
        assert health.result(timeout=120).status_code == 200
        refused = islice(as_completed(waiting, timeout=120), 64 - allowed)
        done = [each.result() for each in refused]
        silent.speaks.set()
        answers = [each.result(timeout=120) for each in waiting]

    assert {refusal(answer)[:2] for answer in done} == {(429, "rate_limited")}
    assert all(answer["Retry-After"] == "1" for answer in done)
    assert sum(answer.status_code == 201 for answer in answers) == allowed
    assert len(silent.asked) == allowed


@pytest.mark.django_db
def test_a_name_is_waited_for_a_second_at_the_door_and_the_merchant_may_come_again(
    monkeypatch, silent
):
    shop = Shop()
    monkeypatch.setattr(address_guard, "DOOR_LOOKUP_S_MAX", 0.01)

    late = register(shop)
    silent.speaks.set()
    monkeypatch.setattr(address_guard, "DOOR_LOOKUP_S_MAX", 120)
    again = register(shop)

    assert refusal(late)[:2] == (400, "webhook_url_refused")
    assert again.status_code == 201


def test_the_doors_wait_a_second_at_most():
    assert address_guard.DOOR_LOOKUP_S_MAX == 1.0


@pytest.mark.django_db
def test_few_names_a_minute_are_resolved_for_a_merchant(speaking, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "name_lookup": 3}
    shop, other = Shop(), Shop()
    endpoint = register(shop).json()["id"]

    def change(name):
        return shop.client.patch(
            f"{PATH}/{endpoint}",
            f'{{"url": "https://{name}/"}}',
            content_type="application/json",
            headers={"Authorization": f"Bearer {shop.key}"},
        )

    changes = [change(f"h{number}.example.com") for number in range(3)]

    # Registering and changing count alike; another merchant is not concerned.
    assert [answer.status_code for answer in changes] == [200, 200, 429]
    assert refusal(register(shop))[:2] == (429, "rate_limited")
    assert register(other).status_code == 201
    assert Endpoint.objects.get(merchant=shop.merchant).url == "https://h1.example.com/"


@pytest.mark.django_db
def test_an_address_needs_no_name_server(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "name_lookup": 0}

    assert register(Shop(), PUBLIC).status_code == 201


@pytest.mark.django_db
def test_what_was_registered_is_answered_again_though_no_name_is_resolved_now(speaking, settings):
    shop = Shop()
    body = {"url": "https://hooks.example.com/"}
    first = shop.post(body, path=PATH, key="one")
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "name_lookup": 0}

    again = shop.post(body, path=PATH, key="one")

    assert first.status_code == 201
    assert (again.status_code, again.content) == (201, first.content)
