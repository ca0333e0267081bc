"""A merchant's broken server never delays another merchant."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.core.drain import drain
from apps.core.public_ids import new_id
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.pace import FAILURES_BORNE, MOST, TROUBLED_MOST, Pace
from apps.webhooks.services.claim_deliveries import CLAIM, DueDeliveries
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.deliver_webhook import Tried
from apps.webhooks.services.mark_deliveries import mark_deliveries
from tests.factories import MerchantFactory

TAKEN = Tried(204, "", took_s=0.05)
REFUSED = Tried(None, "connection refused", took_s=0.001)
HUNG = Tried(None, "timed out", took_s=10.0)

DUE = """
INSERT INTO webhooks_event
       (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
SELECT gen_random_uuid(), %(merchant)s, false, 'payment.succeeded', gen_random_uuid(), 1, '{}',
       %(now)s
  FROM generate_series(1, %(count)s)
"""
DELIVERIES = """
INSERT INTO webhooks_delivery
       (id, event_id, endpoint_id, status, tries, next_attempt_at, last_error, created_at)
SELECT gen_random_uuid(), id, %(endpoint)s, 'pending', 0, %(now)s - interval '1 second', '',
       %(now)s
  FROM webhooks_event WHERE merchant_id = %(merchant)s
"""


@pytest.fixture
def make_due(clock):
    """So many deliveries due to a new endpoint, of a merchant of its own; returns the endpoint."""

    def made(count, url="https://shop.example/", **fields):
        merchant = MerchantFactory()
        endpoint, _ = create_endpoint(merchant=merchant, livemode=False, url=url, now=clock.now)
        Endpoint.objects.filter(pk=endpoint.pk).update(**fields)
        values = {
            "merchant": merchant.pk,
            "endpoint": endpoint.pk,
            "count": count,
            "now": clock.now,
        }
        with connection.cursor() as cursor:
            cursor.execute(DUE, values)
            cursor.execute(DELIVERIES, values)
        return endpoint

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
        answer_all(claim, HUNG, now=clock.now)
        clock.advance(seconds=2)

    given = []
    for _ in range(6):
        given.append(claim()[endpoint.pk])
        answer_all(claim, TAKEN, now=clock.now)
        clock.advance(seconds=2)

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


def blocks_read(now, limit=100):
    """How many pages one claim looks at, wherever they are."""
    values = {
        "lease_until": now, "now": now, "limit": limit, "known": [], "rooms": [],
        "troubled": [], "most": MOST, "troubled_most": TROUBLED_MOST,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE webhooks_delivery")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {CLAIM}", values)
        (plan,) = cursor.fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    top = plan[0]["Plan"]
    return top["Shared Hit Blocks"] + top["Shared Read Blocks"]


@pytest.mark.django_db
@pytest.mark.parametrize("is_paused", [False, True], ids=["dead", "paused"])
def test_a_claim_costs_the_same_whatever_the_backlog_of_another(clock, make_due, is_paused):
    def cost(backlog):
        with transaction.atomic():
            make_due(20)
            make_due(backlog, paused_at=clock.now if is_paused else None)
            make_due(20)
            blocks = blocks_read(clock.now)
            transaction.set_rollback(True)
        return blocks

    # A level or two of the indexes more.
    assert cost(20_000) < 1.5 * cost(200)


@pytest.mark.django_db(transaction=True)
def test_a_backlog_larger_than_what_may_be_in_flight_is_worked_off_in_one_go(
    make_due, receiver, clock
):
    receiver.keeps_alive = True
    make_due(5 * MOST, url=receiver.url)

    assert drain("webhook.deliver") == 5 * MOST

    assert Delivery.objects.filter(status="delivered").count() == 5 * MOST
    assert len(receiver.heard) == 5 * MOST


def test_only_who_is_in_flight_or_in_trouble_is_remembered(clock):
    known = Pace()
    for _ in range(50):
        endpoint_id, delivery_id = new_id(), new_id()
        known.started(endpoint_id, delivery_id, is_failing=False, now=clock.now)
        known.ended(
            endpoint_id, delivery_id, is_taken=True, took=timedelta(seconds=0.1), now=clock.now
        )

    assert known.rooms(now=clock.now, lease=settings.WORK_LEASE) == ({}, TROUBLED_MOST)
