"""The same request twice has one effect and one answer, byte for byte."""

import contextlib
import json
import sys
import threading

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from apps.core.idempotency import find_answer
from apps.core.models import IdempotencyRecord
from apps.core.ttl_cache import clear_all
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
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
    assert Event.objects.count() == 1


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


def at_once(shop, keys, *, times):
    """The same request so many times for each key, on 10 connections; key -> its answers."""
    asked = [key for key in keys for _ in range(times)]
    answers, begin, take = {key: [] for key in keys}, threading.Barrier(10), threading.Lock()

    def ask():
        begin.wait(timeout=120)
        while True:
            with take:
                if not asked:
                    break
                key = asked.pop()
            answers[key].append(shop.post({**FULL, "reference": key}, key=key))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return answers


def test_fifty_at_once_of_many_keys_make_one_payment_each(shop, capsys):
    shop.get("/api/v1/balance")
    keys = [f"order-{number}" for number in range(20)]

    answers = at_once(shop, keys, times=50)

    said = [answer for heard in answers.values() for answer in heard]
    statuses = {answer.status_code for answer in said}
    assert len(said) == 1_000
    assert statuses == {201}
    for heard in answers.values():
        assert len({answer.content for answer in heard}) == 1
        assert sum("Idempotent-Replayed" not in answer for answer in heard) == 1
    assert Payment.objects.count() == Attempt.objects.count() == Event.objects.count() == 20
    assert set(Payment.objects.values_list("merchant_reference", flat=True)) == set(keys)
    with capsys.disabled():
        sys.stderr.write("\nR3 idempotency keys=20 times=50 payments=20 5xx=0 PASS\n")


class Holder:
    """A request that has done its work, on a connection of its own, and does not commit."""

    def __init__(self, post):
        self._post = post
        self._has_written, self._may_end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def __enter__(self):
        self._thread.start()
        assert self._has_written.wait(timeout=120)
        return self

    def __exit__(self, *error):
        self._may_end.set()
        self._thread.join(timeout=120)

    def die(self):
        """As when its worker is killed: the database ends its session."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [self._pid])

    def _hold(self):
        with contextlib.suppress(OperationalError, InterfaceError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (self._pid,) = cursor.fetchone()
            self._post()
            self._has_written.set()
            self._may_end.wait(timeout=120)
        connection.close()


@pytest.fixture
def impatient():
    """This connection waits for nobody's lock as long as production would."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    yield
    connection.close()


# Creating a payment waits for its unique key, the other doors for a lock of their own.
DOORS = {
    "POST payments": {"body": FULL},
    "POST payment_methods/predict": {
        "path": "/api/v1/payment_methods/predict",
        "body": {"phone": "677000001"},
    },
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_while_the_first_request_hangs_the_others_are_told_to_come_again(shop, door):
    def post(key="order-1"):
        return shop.post(**door, key=key)

    with Holder(post):
        waiting = [post() for _ in range(2)]
        unconcerned = post("order-2")
    after = post()

    for answer in waiting:
        assert refusal(answer)[:2] == (409, "idempotency_key_in_flight")
        assert int(answer["Retry-After"]) > 0
    assert unconcerned.status_code in {200, 201}
    assert after["Idempotent-Replayed"] == "true"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_key_whose_holder_died_is_free_at_once(shop, door):
    def post():
        return shop.post(**door, key="order-1")

    with Holder(post) as holder:
        waiting = post()
        holder.die()
        after = post()

    assert waiting.status_code == 409
    assert after.status_code in {200, 201}
    assert "Idempotent-Replayed" not in after
    assert IdempotencyRecord.objects.count() == 1


def test_one_key_at_two_addresses_names_two_requests(shop):
    answers = [
        shop.post(payment_body(), key="order-1"),
        shop.post(payment_body(), key="order-1", path="/api/v1/mtn/collection"),
        shop.post({"phone": "677000001"}, key="order-1", path="/api/v1/payment_methods/predict"),
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 200]
    assert not any("Idempotent-Replayed" in answer for answer in answers)
    assert Payment.objects.count() == 2


def test_a_key_is_kept_for_its_retention_to_the_second_and_is_new_after_it(shop, clock, settings):
    first = shop.post(FULL, key="order-1")

    clock.advance(seconds=settings.IDEMPOTENCY_KEPT_FOR.total_seconds())
    clear_all()
    last = shop.post(FULL, key="order-1")
    refused = shop.post({**FULL, "amount": 2_000}, key="order-1")
    clock.advance(seconds=1)
    clear_all()
    new = shop.post({**FULL, "amount": 2_000}, key="order-1")

    assert last.content == first.content
    assert refusal(refused)[:2] == (422, "idempotency_key_reused")
    assert (new.status_code, new.json()["amount"]) == (201, 2_000)
    assert Payment.objects.count() == 2


def test_a_key_that_aged_out_is_one_new_request_for_all_who_send_it_at_once(shop, clock, settings):
    keys = [f"order-{number}" for number in range(20)]
    first = {key: shop.post({**FULL, "reference": key}, key=key).content for key in keys}
    clock.advance(seconds=settings.IDEMPOTENCY_KEPT_FOR.total_seconds() + 1)
    clear_all()

    answers = at_once(shop, keys, times=10)

    for key, heard in answers.items():
        assert {answer.status_code for answer in heard} == {201}
        assert len({answer.content for answer in heard} | {first[key]}) == 2
        assert sum("Idempotent-Replayed" not in answer for answer in heard) == 1
    assert Payment.objects.count() == 40


@pytest.mark.parametrize("is_same", [True, False])
def test_who_makes_room_for_a_key_that_aged_out_may_still_come_second(
    shop, clock, settings, monkeypatch, is_same
):
    shop.post(FULL, key="order-1")
    clock.advance(seconds=settings.IDEMPOTENCY_KEPT_FOR.total_seconds() + 1)
    clear_all()
    rivals = [FULL if is_same else {**FULL, "amount": 2_000}]
    quicker = []

    def find_and_be_overtaken(**asked):
        found = find_answer(**asked)
        if rivals and found is None:
            body = rivals.pop()
            rival = threading.Thread(target=lambda: quicker.append(shop.post(body, key="order-1")))
            rival.start()
            rival.join(timeout=20)
        return found

    monkeypatch.setattr("apps.core.idempotency.find_answer", find_and_be_overtaken)
    answer = shop.post(FULL, key="order-1")

    assert [one.status_code for one in quicker] == [201]
    if is_same:
        assert (answer.status_code, answer.content) == (201, quicker[0].content)
        assert answer["Idempotent-Replayed"] == "true"
    else:
        assert refusal(answer)[:2] == (422, "idempotency_key_reused")
    assert Payment.objects.count() == 2
