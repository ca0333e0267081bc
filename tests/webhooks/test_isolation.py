"""A merchant's broken server never delays another merchant."""

import itertools
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.core.public_ids import new_id
from apps.core.work.topics import routes
from apps.core.work.worker_loop import run_worker_loop
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.services.claim_deliveries import (
    CLAIM,
    FAILURES_BORNE,
    FIRST,
    MOST,
    TEST_MOST,
    TROUBLED_MOST,
    Bulkhead,
    DueDeliveries,
    delivery_limiter,
)
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.deliver_webhook import Tried
from apps.webhooks.services.mark_deliveries import mark_deliveries
from tests.factories import MerchantFactory
from tests.query_plans import pages_of, plan_of, rows_of
from tests.tries import at_length

TAKEN = Tried(204, "", took_s=0.05)
REFUSED = Tried(None, "connection refused", took_s=0.001)
HUNG = Tried(None, "timed out", took_s=10.0)

DUE = """
WITH events AS (
    INSERT INTO webhooks_event
           (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
    SELECT gen_random_uuid(), %(merchant)s, %(livemode)s, 'payment.succeeded', gen_random_uuid(), 1,
           '{}', %(now)s
      FROM generate_series(1, %(count)s)
    RETURNING id)
INSERT INTO webhooks_delivery
       (id, event_id, endpoint_id, status, tries, next_attempt_at, last_error, created_at)
SELECT gen_random_uuid(), id, %(endpoint)s, 'pending', 0, %(now)s, '', %(now)s FROM events
"""


@pytest.fixture
def add_due(clock):
    """So many deliveries due to this endpoint."""

    def added(endpoint, count):
        values = {
            "merchant": endpoint.merchant_id,
            "endpoint": endpoint.pk,
            "livemode": endpoint.livemode,
            "count": count,
            "now": clock.now,
        }
        with connection.cursor() as cursor:
            cursor.execute(DUE, values)
        return endpoint

    return added


@pytest.fixture
def make_due(clock, add_due):
    """So many deliveries due to an endpoint, of a merchant of its own unless one is given; returns
    the endpoint. It has taken all it was given lately, unless it `is_new` to this process."""

    def made(
        count,
        url="https://shop.example/",
        *,
        merchant=None,
        livemode=False,
        is_new=False,
        **fields,
    ):
        merchant = merchant or MerchantFactory()
        endpoint, _ = create_endpoint(merchant=merchant, livemode=livemode, url=url, now=clock.now)
        Endpoint.objects.filter(pk=endpoint.pk).update(**fields)
        for _ in range(0 if is_new or "failing_since" in fields else 8):
            trial, keys = new_id(), [(endpoint.pk, 1), Bulkhead(merchant.pk, livemode)]
            delivery_limiter.acquire(trial, keys, clock.now)
            delivery_limiter.release(trial, is_taken=True, took=timedelta(0), now=clock.now)
        return add_due(endpoint, count)

    return made


@pytest.fixture
def claim(clock):
    """Claim; returns how many of each endpoint."""
    claimed = []

    def counted(limit=100):
        found = DueDeliveries().claim(limit=limit, now=clock.now, done=[])
        claimed[:] = found
        return Counter(delivery.endpoint_id for delivery in found)

    counted.last = claimed
    return counted


def answer_all(claim, result, *, now):
    mark_deliveries([(delivery, result) for delivery in claim.last], now=now)


@pytest.mark.django_db
def test_a_backlog_does_not_fill_a_batch(claim, make_due):
    backlog, fresh = make_due(500), make_due(3)

    assert claim() == {backlog.pk: MOST, fresh.pk: 3}


@pytest.mark.django_db
def test_everybodys_first_comes_before_anybodys_second(claim, make_due):
    crowd = [make_due(50) for _ in range(12)]

    assert claim(limit=12) == {endpoint.pk: 1 for endpoint in crowd}


@pytest.mark.django_db
def test_what_is_due_first_is_claimed_first(clock, claim, make_due):
    endpoint = make_due(9)
    ids = [delivery.pk for delivery in Delivery.objects.order_by("id")]
    for place, id in enumerate(ids):
        due_at = clock.now - timedelta(minutes=place)
        Delivery.objects.filter(pk=id).update(next_attempt_at=due_at)

    assert claim(limit=4) == {endpoint.pk: 4}
    assert [delivery.id for delivery in claim.last] == ids[:-5:-1]


@pytest.mark.django_db
def test_who_hangs_is_soon_given_one_at_a_time(clock, claim, make_due):
    hanging, fine = make_due(500), make_due(500)
    claim()
    hung = [delivery for delivery in claim.last if delivery.endpoint_id == hanging.pk]
    assert len(hung) == MOST

    # Its first ones hang: it gets no more, and the other's go on meanwhile.
    for _ in range(5):
        mark_deliveries(
            [(one, TAKEN) for one in claim.last if one.endpoint_id == fine.pk], now=clock.now
        )
        assert claim() == {fine.pk: MOST}
    mark_deliveries([(one, HUNG) for one in hung], now=clock.advance(seconds=10))

    assert claim()[hanging.pk] == 0
    clock.advance(seconds=1)
    assert claim()[hanging.pk] == 1


@pytest.mark.django_db
def test_who_fails_quickly_is_soon_tried_once_a_second(clock, claim, make_due):
    failing = make_due(500)
    tried = 0
    while tried <= FAILURES_BORNE + 6:
        tried += sum(claim().values())
        answer_all(claim, REFUSED, now=clock.advance(seconds=1))

    tries = []
    for _ in range(100):
        tries.append(claim()[failing.pk])
        if claim.last:
            answer_all(claim, REFUSED, now=clock.now)
        clock.advance(milliseconds=100)

    # In ten seconds.
    assert 9 <= sum(tries) <= 10
    assert max(tries) == 1


@pytest.mark.django_db
def test_once_it_takes_something_it_gets_the_rest_quickly(clock, claim, make_due):
    endpoint = make_due(500)
    for _ in range(40):
        claim()
        if claim.last:
            answer_all(claim, HUNG, now=clock.advance(seconds=10))
        clock.advance(seconds=2)
    # Well again, it is asked within eight seconds.
    clock.advance(seconds=8)

    given = []
    for _ in range(6):
        given.append(claim()[endpoint.pk])
        answer_all(claim, TAKEN, now=clock.now)

    assert given == [1, 2, 8, MOST, MOST, MOST]


@pytest.mark.django_db
def test_all_that_hang_share_what_is_theirs_and_the_rest_is_others(clock, claim, make_due):
    hanging = {make_due(3).pk for _ in range(60)}
    for _ in range(3):
        claim()
        answer_all(claim, HUNG, now=clock.advance(minutes=5))
    Delivery.objects.update(next_attempt_at=clock.now)
    fine = make_due(100)

    given = claim()

    assert sum(given[id] for id in hanging) == TROUBLED_MOST
    assert given[fine.pk] == MOST
    assert set(claim()) == set()


@pytest.mark.django_db
def test_an_address_not_known_yet_starts_with_little_and_earns_more(claim, make_due, clock):
    endpoint = make_due(500, is_new=True)

    given = []
    for _ in range(4):
        given.append(claim()[endpoint.pk])
        answer_all(claim, TAKEN, now=clock.now)

    assert given == [FIRST, 4 * FIRST, MOST, MOST]


class Worker:
    """The topic's threads on the clock of the test: they claim, wait as long as each endpoint lets
    them (seconds, by its id; else 20 ms), and write down what came of it."""

    def __init__(self, clock, answers):
        self.clock, self.answers = clock, answers
        self.source = DueDeliveries()
        self.waiting, self.busy = [], []

    def run(self, seconds):
        until = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < until:
            limit = min(100, 2 * THREADS - len(self.busy) - len(self.waiting))
            self.waiting += self.source.claim(limit=limit, now=self.clock.now, done=[])
            while self.waiting and len(self.busy) < THREADS:
                self.start(self.waiting.pop(0))
            soon = self.clock.now + timedelta(milliseconds=50)
            self.clock.now = min([until, soon, *(ends_at for ends_at, *_ in self.busy)])
            over = [one for one in self.busy if one[0] <= self.clock.now]
            self.busy = [one for one in self.busy if one[0] > self.clock.now]
            if over:
                mark_deliveries([one[1:] for one in over], now=self.clock.now)

    def start(self, delivery):
        answer = self.answers.get(delivery.endpoint_id, FINE)
        took_s = answer(delivery) if callable(answer) else answer
        tried = HUNG if took_s >= HUNG.took_s else Tried(204, "", took_s=took_s)
        self.busy.append((self.clock.now + timedelta(seconds=took_s), delivery, tried))


THREADS = routes()["webhook.deliver"].threads
FINE, HANGS = 0.02, HUNG.took_s


def takes_some_then_hangs(taken):
    """An endpoint that takes so many, and then none."""
    tries = itertools.count(1)
    return lambda _: FINE if next(tries) <= taken else HANGS


def changes_its_mood(clock):
    """A server that is well for three seconds and hangs for the next three."""
    return lambda _: FINE if int(clock.now.timestamp()) % 6 < 3 else HANGS


# What hangs: merchants, endpoints of each, live mode, and how each answers.
TROUBLE = {
    "8 endpoints of one merchant": (1, 8, False, lambda clock: HANGS),
    "16 endpoints of one merchant": (1, 16, False, lambda clock: HANGS),
    "16 endpoints of test mode": (16, 1, False, lambda clock: HANGS),
    "16 that take eight and then hang": (1, 16, False, lambda clock: takes_some_then_hangs(8)),
    "a server that changes its mood": (1, 16, False, changes_its_mood),
    "30 merchants of test mode, others are live": (30, 1, True, lambda clock: HANGS),
}


@pytest.mark.longer
@pytest.mark.django_db
@pytest.mark.parametrize("name", TROUBLE)
def test_who_hangs_delays_nobody_else(clock, make_due, add_due, name):
    merchants, endpoints, others_are_live, answering = TROUBLE[name]

    def worst_wait(is_troubled):
        delivery_limiter.forget()
        with transaction.atomic():
            hanging = [
                make_due(0, merchant=merchant, is_new=True)
                for merchant in MerchantFactory.create_batch(merchants if is_troubled else 0)
                for _ in range(endpoints)
            ]
            worker = Worker(clock, {one.pk: answering(clock) for one in hanging})
            fine = [make_due(0, is_new=True, livemode=others_are_live) for _ in range(4)]
            for second in range(at_length(16, 24)):
                for one in hanging:
                    add_due(one, 8 if second in (0, 4, 12) else 1)
                for one in fine:
                    add_due(one, 2)
                worker.run(1)
            delivered = Delivery.objects.filter(endpoint__in=fine)
            waits = [(one.delivered_at or clock.now) - one.created_at for one in delivered]
            transaction.set_rollback(True)
        return max(waits)

    alone, beside = worst_wait(False), worst_wait(True)

    assert beside <= 1.1 * alone


@pytest.mark.django_db
def test_live_goes_before_test(clock, claim, make_due):
    make_due(16)
    live = make_due(16, livemode=True)

    assert claim(limit=16) == {live.pk: 16}


@pytest.mark.django_db
def test_test_mode_leaves_threads_to_live_mode(claim, make_due):
    for _ in range(8):
        make_due(MOST)
    live = make_due(MOST, livemode=True)

    given = claim()

    assert given.pop(live.pk) == MOST
    assert given.total() == TEST_MOST < THREADS


@pytest.mark.django_db(transaction=True)
def test_while_64_calls_of_one_merchant_hang_anothers_event_goes_out(make_due, monkeypatch):
    hanging = MerchantFactory()
    for _ in range(8):
        make_due(8, merchant=hanging)
    fine = make_due(8)
    answered = threading.Event()

    def deliver(claimed):
        if claimed.merchant_id == hanging.pk:
            answered.wait(timeout=60)
        return TAKEN

    monkeypatch.setattr("apps.webhooks.services.deliver_webhook.deliver_webhook", deliver)
    worker = threading.Thread(target=run_worker_loop, args=["webhook.deliver"])
    worker.start()
    try:
        delivered = Delivery.objects.filter(endpoint=fine, status="delivered")
        deadline = time.monotonic() + 30
        while delivered.count() < 8:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not Delivery.objects.filter(status="delivered").exclude(endpoint=fine).exists()
    finally:
        answered.set()
        worker.join()


@pytest.mark.django_db
def test_a_new_process_spares_those_known_to_fail(clock, claim, make_due):
    failing = {make_due(20, failing_since=clock.now).pk for _ in range(30)}
    fine = make_due(20)

    given = claim()

    assert given.pop(fine.pk) == MOST
    assert set(given) <= failing
    assert given.total() == TROUBLED_MOST
    assert set(given.values()) == {1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [{"is_enabled": False}, {"paused_at": "now", "pause_reason": "failing"}, {"deleted_at": "now"}],
    ids=["disabled", "paused", "deleted"],
)
def test_who_is_not_sent_to_keeps_what_is_due(clock, claim, make_due, fields):
    fields = {name: clock.now if value == "now" else value for name, value in fields.items()}
    endpoint = make_due(5, **fields)

    assert claim() == {}

    Endpoint.objects.filter(pk=endpoint.pk).update(is_enabled=True, paused_at=None, deleted_at=None)
    assert claim() == {endpoint.pk: 5}


@pytest.mark.django_db
def test_a_worker_that_died_with_deliveries_takes_nothing_from_its_endpoint(clock, claim, make_due):
    endpoint = make_due(40)
    claim()

    clock.advance(seconds=settings.WORK_LEASE.total_seconds())

    assert claim() == {endpoint.pk: MOST}


def cost_of_claim(now, limit=100):
    """How many pages and rows one claim looks at."""
    values = DueDeliveries.parameters(delivery_limiter.free_slots(now), limit=limit, now=now)
    plan = plan_of(CLAIM, values)
    return pages_of(plan), rows_of(plan)


@pytest.mark.usefixtures("new_tables")
@pytest.mark.django_db
@pytest.mark.parametrize("is_paused", [False, True], ids=["dead", "paused"])
def test_a_claim_costs_the_same_whatever_the_backlog_of_another(clock, make_due, is_paused):
    def cost(backlog):
        with transaction.atomic():
            make_due(20)
            make_due(backlog, paused_at=clock.now if is_paused else None)
            make_due(20)
            found = cost_of_claim(clock.now)
            transaction.set_rollback(True)
        return found

    (few_pages, few_rows), (pages, rows) = cost(200), cost(5_000)

    assert rows <= few_rows + 200
    # A level or two of the indexes more, of each row.
    assert pages <= 2 * few_pages


@pytest.mark.django_db(transaction=True)
def test_a_backlog_larger_than_what_may_be_in_flight_is_worked_off_in_one_go(
    make_due, receiver, clock
):
    receiver.keeps_alive = True
    make_due(5 * MOST, url=receiver.url)

    assert run_worker_loop("webhook.deliver") == 5 * MOST

    assert Delivery.objects.filter(status="delivered").count() == 5 * MOST
    assert len(receiver.heard) == 5 * MOST
