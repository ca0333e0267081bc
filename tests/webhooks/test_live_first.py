"""What happens now goes before what is replayed; who only waits costs nobody anything."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from apps.core.public_ids import new_id
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services import catch_up_endpoint as catching_up
from apps.webhooks.services import claim_deliveries as claiming
from apps.webhooks.services.build_event import build_event
from apps.webhooks.services.claim_deliveries import (
    BACKLOG_MOST,
    CLAIM,
    MOST,
    RETURN_TO_QUEUE,
    Bulkhead,
    DueDeliveries,
    delivery_limiter,
)
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.deliver_webhook import Tried
from apps.webhooks.services.end_deliveries import end_deliveries
from apps.webhooks.services.give_up_held_deliveries import give_up_held_deliveries
from apps.webhooks.services.hold_deliveries import hold_deliveries
from apps.webhooks.services.mark_deliveries import mark_deliveries
from apps.webhooks.services.pause_endpoint import pause_endpoint
from apps.webhooks.services.resume_endpoint import resume_endpoint
from apps.webhooks.services.send_again import send_again
from apps.webhooks.services.update_endpoint import update_endpoint
from tests.factories import MerchantFactory
from tests.query_plans import pages_of, plan_of, rows_of
from tests.webhooks.shop import run_outbox

TAKEN, REFUSED = Tried(204, "", took_s=0.02), Tried(500, "", took_s=0.02)


@pytest.fixture
def row(endpoint):
    """It has taken all it was given lately."""
    made, _ = endpoint
    learn(made)
    return made


def learn(endpoint):
    keys = [(endpoint.pk, endpoint.life), Bulkhead(endpoint.merchant_id, endpoint.livemode)]
    for _ in range(8):
        trial = new_id()
        delivery_limiter.acquire(trial, keys, endpoint.created_at)
        delivery_limiter.release(trial, is_taken=True, took=timedelta(0), now=endpoint.created_at)


@pytest.fixture
def replay(row, tell, clock):
    """So many events were delivered and are to be sent again; returns their deliveries' ids."""

    def replayed(count):
        deliveries = [tell()[0] for _ in range(count)]
        ids = [delivery.pk for delivery in deliveries]
        Delivery.objects.filter(pk__in=ids).update(
            status="delivered", next_attempt_at=None, tries=1, delivered_at=clock.now
        )
        send_again([(one.event_id, row.pk) for one in deliveries], now=clock.now)
        return set(ids)

    return replayed


def answer_claimed(clock, result):
    claimed = claim(clock)
    if claimed:
        # In another order than they are locked.
        mark_deliveries([(one, result) for one in reversed(claimed)], now=clock.now)
    return claimed


def claim(clock, limit=100):
    return DueDeliveries().claim(limit=limit, now=clock.now, done=[])


@pytest.mark.django_db
def test_what_happens_now_goes_before_all_that_is_replayed(clock, replay, tell, monkeypatch):
    monkeypatch.setattr(claiming, "BACKLOG_TURN", 10**9)
    replay(40)
    clock.advance(seconds=1)
    (live,) = tell()

    claimed = claim(clock)

    assert claimed[0].id == live.pk
    assert [one.is_backlog for one in claimed] == [False] + [True] * BACKLOG_MOST


@pytest.mark.django_db
def test_replays_in_flight_leave_slots_to_what_happens_now(clock, replay, tell):
    replay(40)
    assert len(claim(clock)) == BACKLOG_MOST
    assert claim(clock) == []

    live = {tell()[0].pk for _ in range(MOST)}

    assert {one.id for one in claim(clock)} <= live
    assert MOST - BACKLOG_MOST > 0


@pytest.mark.django_db
def test_replays_go_on_though_more_happens_than_the_endpoint_takes(clock, row, replay, tell):
    replayed = replay(20)
    in_flight, done = [], Counter()
    for _ in range(200):
        # One more than it takes away.
        tell()
        tell()
        in_flight += claim(clock, limit=1)
        if in_flight:
            first = in_flight.pop(0)
            done[first.is_backlog] += 1
            mark_deliveries([(first, TAKEN)], now=clock.advance(milliseconds=20))

    assert done[True] == len(replayed)
    assert done[False] >= 6 * done[True]


@pytest.mark.django_db
def test_a_catch_up_goes_behind_what_happens_now(clock, row, tell, monkeypatch):
    monkeypatch.setattr(claiming, "BACKLOG_TURN", 10**9)
    pause_endpoint(
        endpoint_id=row.pk, life=row.life, reason=Endpoint.PauseReason.GONE, now=clock.now
    )
    missed = {tell()[0].pk for _ in range(30)}
    resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.advance(hours=1))
    run_outbox("webhook.catch_up", now=clock.now)
    Delivery.objects.exclude(pk__in=missed).update(status="failed", next_attempt_at=None)
    row.refresh_from_db()
    learn(row)
    clock.advance(seconds=1)
    (live,) = tell()

    claimed = claim(clock)

    assert claimed[0].id == live.pk
    assert {one.id for one in claimed[1:]} <= missed


@pytest.mark.django_db
def test_a_replay_of_one_merchant_leaves_room_to_another(clock, replay, tell):
    """And all replays together leave threads to what happens now."""
    replay(40)
    other, _ = create_endpoint(
        merchant=MerchantFactory(), livemode=False, url="https://o.example/", now=clock.now
    )
    rows = build_event(
        merchant_id=other.merchant_id,
        livemode=False,
        type="payment.succeeded",
        object_id=new_id(),
        sequence=1,
        data={},
        endpoints=[other],
        now=clock.now,
    )
    for each in rows:
        each.save(force_insert=True)

    assert claim(clock)[0].endpoint_id == other.pk


WAITING = """
WITH endpoints AS (
    INSERT INTO webhooks_endpoint
           (id, merchant_id, livemode, url, secret_sealed, event_types, description, metadata,
            is_enabled, paused_at, pause_reason, created_at)
    SELECT gen_random_uuid(), %(merchant)s, false, 'https://waits.example/', '', '{}', '', '{}',
           %(enabled)s, %(paused_at)s, '', %(now)s FROM generate_series(1, %(count)s)
    RETURNING id
), event AS (
    INSERT INTO webhooks_event
           (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
    VALUES (gen_random_uuid(), %(merchant)s, false, 'payment.failed', gen_random_uuid(), 1, '{}',
            %(now)s) RETURNING id)
INSERT INTO webhooks_delivery
       (id, event_id, endpoint_id, status, tries, is_waiting, is_held, next_attempt_at, last_error,
        created_at)
SELECT gen_random_uuid(), event.id, p.id, 'pending', 1, %(waiting)s, %(held)s, %(due)s, '', %(now)s
  FROM endpoints p CROSS JOIN event
"""


@pytest.mark.usefixtures("new_tables")
@pytest.mark.django_db
@pytest.mark.parametrize("why", ["between two tries", "paused", "disabled"])
def test_a_claim_does_not_look_at_ten_thousand_endpoints_that_only_wait(clock, row, tell, why):
    tell()
    retrying = why == "between two tries"

    def cost(count):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                WAITING,
                {
                    "merchant": row.merchant_id,
                    "count": count,
                    "enabled": why != "disabled",
                    "paused_at": clock.now if why == "paused" else None,
                    "waiting": retrying,
                    "held": not retrying,
                    "due": clock.now + timedelta(hours=1) if retrying else clock.now,
                    "now": clock.now,
                },
            )
            slots = delivery_limiter.free_slots(clock.now)
            values = DueDeliveries.parameters(slots, limit=100, now=clock.now)
            plans = [plan_of(RETURN_TO_QUEUE, {"now": clock.now}), plan_of(CLAIM, values)]
            transaction.set_rollback(True)
        return sum(map(pages_of, plans)), sum(map(rows_of, plans))

    (few_pages, few_rows), (pages, rows) = cost(10), cost(10_000)

    # Whoever looks at all of them looks at 10,000 rows in hundreds of pages.
    assert rows <= few_rows + 200
    assert pages <= few_pages + 100


@pytest.mark.django_db(transaction=True)
def test_whose_wait_is_over_is_tried_though_another_has_a_backlog_of_tries(clock, row, tell):
    tell()
    dead, _ = create_endpoint(
        merchant=MerchantFactory(), livemode=False, url="https://dead.example/", now=clock.now
    )
    Delivery.objects.update(is_waiting=True, tries=3, next_attempt_at=clock.now)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH events AS (
                INSERT INTO webhooks_event
                       (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
                SELECT gen_random_uuid(), %(merchant)s, false, 'payment.failed',
                       gen_random_uuid(), 1, '{}', %(due)s FROM generate_series(1, 2500)
                RETURNING id)
            INSERT INTO webhooks_delivery
                   (id, event_id, endpoint_id, status, tries, is_waiting, next_attempt_at,
                    last_error, created_at)
            SELECT gen_random_uuid(), id, %(endpoint)s, 'pending', 3, true, %(due)s, '', %(due)s
              FROM events
            """,
            {
                "merchant": dead.merchant_id,
                "endpoint": dead.pk,
                "due": clock.now - timedelta(hours=1),
            },
        )

    heard = [{one.endpoint_id for one in claim(clock)} for _ in range(3)]

    assert row.pk in set.union(*heard)


def race(*works, rounds=25):
    """Each on a thread of its own, all at once; returns what they stumbled over."""
    errors = []
    barrier = threading.Barrier(len(works))

    def run(work):
        try:
            for _ in range(rounds):
                barrier.wait(timeout=60)
                work()
        except Exception as error:
            errors.append(error)
            barrier.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.django_db(transaction=True)
def test_results_replays_and_changes_of_the_same_deliveries_never_deadlock(
    clock, merchant, receiver
):
    rows = [
        create_endpoint(merchant=merchant, livemode=False, url=receiver.url, now=clock.now)[0]
        for _ in range(2)
    ]
    events = [
        Event.objects.create(
            merchant=merchant,
            livemode=False,
            type="payment.succeeded",
            object_id=new_id(),
            sequence=1,
            body="{}",
            created_at=clock.now,
        )
        for _ in range(40)
    ]
    # In another order than the events'.
    for event in reversed(events):
        for row in rows:
            Delivery.objects.create(
                event=event, endpoint=row, next_attempt_at=clock.now, created_at=clock.now
            )
    pairs = [(event.pk, row.pk) for row in rows for event in events]

    def last_tries_fail():
        last = [replace(one, tries=16) for one in claim(clock)]
        if last:
            mark_deliveries([(one, REFUSED) for one in last], now=clock.now)

    def catch_up():
        for row in rows:
            payload = {
                "endpoint_id": str(row.pk),
                "created_after": "2000-01-01T00:00:00+00:00",
                "after": str(UUID(int=0)),
            }
            message = catching_up.enqueue(catching_up.TOPIC, now=clock.now, **payload)
            catching_up.catch_up_endpoint(
                message_id=message.pk, payload=payload, now=clock.now - timedelta(seconds=1)
            )

    def pause():
        for row in reversed(rows):
            row.refresh_from_db()
            reason = Endpoint.PauseReason.GONE
            pause_endpoint(endpoint_id=row.pk, life=row.life, reason=reason, now=clock.now)
            hold_deliveries(endpoint_id=row.pk)
            resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)

    def change():
        for row in rows:
            for wanted in (["payment.failed"], []):
                update_endpoint(
                    endpoint_id=row.pk,
                    changes={"event_types": wanted, "description": str(new_id())},
                    actor="user:1",
                    now=clock.now,
                )
                end_deliveries(endpoint_id=row.pk)

    def give_up():
        give_up_held_deliveries(now=clock.now + timedelta(days=40))

    errors = race(
        lambda: answer_claimed(clock, TAKEN),
        lambda: answer_claimed(clock, REFUSED),
        last_tries_fail,
        lambda: send_again(pairs, now=clock.now - timedelta(seconds=1)),
        lambda: send_again(reversed(pairs), now=clock.now - timedelta(seconds=1)),
        catch_up,
        pause,
        change,
        give_up,
        rounds=12,
    )

    assert errors == []


@pytest.mark.django_db(transaction=True)
def test_what_was_delivered_while_it_is_paused_and_resumed_is_not_sent_again(
    clock, merchant, receiver
):
    receiver.keeps_alive = True
    row, _ = create_endpoint(merchant=merchant, livemode=False, url=receiver.url, now=clock.now)
    for _ in range(60):
        event = Event.objects.create(
            merchant=merchant,
            livemode=False,
            type="payment.succeeded",
            object_id=new_id(),
            sequence=1,
            body="{}",
            created_at=clock.now,
        )
        Delivery.objects.create(
            event=event, endpoint=row, next_attempt_at=clock.now, created_at=clock.now
        )
    taken = Counter()

    def deliver():
        taken.update(one.id for one in answer_claimed(clock, TAKEN))

    def pause():
        row.refresh_from_db()
        reason = Endpoint.PauseReason.GONE
        pause_endpoint(endpoint_id=row.pk, life=row.life, reason=reason, now=clock.now)
        hold_deliveries(endpoint_id=row.pk)
        resume_endpoint(endpoint_id=row.pk, actor="user:1", now=clock.now)
        run_outbox("webhook.catch_up", now=clock.now - timedelta(seconds=2))

    assert race(deliver, pause, rounds=20) == []

    delivered = Delivery.objects.filter(status="delivered")
    # Of each that was taken: it stayed delivered.
    assert set(taken) == set(delivered.values_list("id", flat=True))
