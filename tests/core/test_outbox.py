import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from apps.core.models import OutboxMessage
from apps.core.work import outbox, wake_up
from apps.webhooks.models import Delivery, Event
from apps.webhooks.services.build_event import tell_on_commit
from tests.fakes import START

TOPIC = "attempt.submit"


def enqueue_many(count, *, now=START):
    return [outbox.enqueue(TOPIC, now=now, attempt_id=str(n)).pk for n in range(count)]


def claim(now=START, limit=10, done=()):
    return outbox.claim(TOPIC, limit=limit, now=now, done=list(done))


@pytest.mark.django_db
def test_a_message_is_claimed_with_its_payload_and_the_count_of_tries():
    (message_id,) = enqueue_many(1)

    (message,) = claim()

    assert (message.id, message.payload, message.tries) == (message_id, {"attempt_id": "0"}, 1)


@pytest.mark.django_db
def test_the_oldest_come_first_and_no_more_than_asked():
    late = outbox.enqueue(TOPIC, now=START, attempt_id="late").pk
    early = outbox.enqueue(TOPIC, now=START - timedelta(seconds=5), attempt_id="early").pk

    assert [message.id for message in claim(limit=1)] == [early]
    assert [message.id for message in claim(limit=1)] == [late]


@pytest.mark.django_db
def test_no_more_than_asked_however_the_planner_reads_it():
    enqueue_many(10)
    with connection.cursor() as cursor:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")

    assert len(claim(limit=3)) == 3


@pytest.mark.django_db
def test_neither_the_future_nor_another_topic_is_claimed():
    outbox.enqueue(TOPIC, now=START + timedelta(seconds=1), attempt_id="future")
    outbox.enqueue("callback.received", now=START, callback_id="other")

    assert claim() == []


@pytest.mark.django_db
def test_a_claimed_message_is_nobody_elses_until_its_lease_ends():
    enqueue_many(1)
    claim()

    just_before = claim(now=START + settings.WORK_LEASE - timedelta(milliseconds=1))
    after = claim(now=START + settings.WORK_LEASE)

    # The worker that claimed it first is dead: it was neither finished nor put back.
    assert just_before == []
    assert [message.tries for message in after] == [2]


@pytest.mark.django_db
def test_a_claim_forgets_what_is_done_and_never_hands_it_out_again():
    done, left = enqueue_many(2)

    claimed = claim(done=[done])

    assert [message.id for message in claimed] == [left]
    assert not OutboxMessage.objects.filter(pk=done).exists()


@pytest.mark.django_db
def test_claiming_and_forgetting_is_one_statement(django_assert_num_queries):
    ids = enqueue_many(3)

    with django_assert_num_queries(1):
        claim(done=ids[:1])


@pytest.mark.django_db
def test_what_failed_comes_back_later_and_later_but_always_within_the_hour():
    enqueue_many(1)
    now, waits = START, []

    for _ in range(15):
        (message,) = claim(now=now)
        outbox.put_back(message, error="E" * 900, now=now)
        row = OutboxMessage.objects.get()
        waits.append((row.available_at - now).total_seconds())
        now = row.available_at

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 3600, 3600, 3600, 3600]
    assert row.last_error == "E" * 500


@pytest.mark.django_db(transaction=True)
def test_two_claimers_never_share_a_message():
    enqueue_many(200)
    claimed, begin = [], threading.Barrier(4)

    def claimer():
        mine = []
        begin.wait(timeout=120)
        while batch := claim(limit=7):
            mine += [message.id for message in batch]
        claimed.append(mine)
        connection.close()

    threads = [threading.Thread(target=claimer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    everything = [message_id for mine in claimed for message_id in mine]
    assert len(everything) == len(set(everything)) == 200


@pytest.mark.django_db(transaction=True)
def test_a_claim_passes_over_rows_that_another_is_claiming():
    first, second = enqueue_many(2)
    locked, release = threading.Event(), threading.Event()

    def slow_claimer():
        with transaction.atomic():
            list(OutboxMessage.objects.select_for_update().filter(pk=first))
            locked.set()
            release.wait(timeout=120)
        connection.close()

    thread = threading.Thread(target=slow_claimer)
    thread.start()
    locked.wait(timeout=120)

    claimed = claim()
    release.set()
    thread.join(timeout=120)

    assert [message.id for message in claimed] == [second]


@pytest.mark.django_db(transaction=True)
def test_work_promised_in_a_transaction_that_fails_was_never_promised():
    with pytest.raises(RuntimeError), transaction.atomic():
        enqueue_many(1)
        raise RuntimeError

    assert not OutboxMessage.objects.exists()
    assert wake_up.client().llen("submit") == 0


@pytest.mark.django_db(transaction=True)
def test_messages_wake_once_until_a_worker_has_looked():
    with transaction.atomic():
        enqueue_many(3)
        assert wake_up.client().llen("submit") == 0
    after_three = wake_up.client().llen("submit")
    wake_up.announce_listener(TOPIC)
    wake_up.withdraw_listener(TOPIC)
    enqueue_many(1)

    assert after_three == 1
    assert wake_up.client().llen("submit") == 2


def test_one_more_loop_can_be_started_though_somebody_listens():
    wake_up.announce_listener(TOPIC)

    wake_up.start_worker_loop(TOPIC)

    assert wake_up.client().llen("submit") == 1


@pytest.mark.django_db(transaction=True)
def test_a_listener_is_woken_and_no_message_is_sent():
    wake_up.announce_listener(TOPIC)
    enqueue_many(3)

    heard = (
        wake_up.wait_for_wake_up(TOPIC, timeout_s=1),
        wake_up.wait_for_wake_up(TOPIC, timeout_s=0.01),
    )

    assert heard == (True, False)
    assert wake_up.client().llen("submit") == 0


@pytest.fixture
def wakes(monkeypatch):
    heard = []
    monkeypatch.setattr(wake_up, "wake", lambda *topics, **_: heard.append(topics))
    return heard


@pytest.mark.django_db(transaction=True)
def test_a_transaction_of_many_rows_wakes_once(wakes):
    with transaction.atomic():
        enqueue_many(3)
        with transaction.atomic():
            enqueue_many(2)
        outbox.wake_on_commit("webhook.deliver")

    assert wakes == [(TOPIC,), ("webhook.deliver",)]


@pytest.mark.django_db(transaction=True)
def test_what_a_savepoint_took_back_keeps_no_later_row_from_waking(wakes):
    with transaction.atomic():
        with pytest.raises(RuntimeError), transaction.atomic():
            enqueue_many(1)
            raise RuntimeError
        enqueue_many(1)

    assert wakes == [(TOPIC,)]


@pytest.mark.django_db(transaction=True)
def test_an_event_wakes_deliveries_if_it_has_any(wakes):
    tell_on_commit([Event()], TOPIC)
    tell_on_commit([Event(), Delivery()], TOPIC)

    assert wakes == [(TOPIC,), (TOPIC, "webhook.deliver")]


def test_news_without_work_wakes_nobody_and_is_heard():
    client = wake_up.client()
    with client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(wake_up.channel("webhook.deliver"))
        wake_up.announce_listener("webhook.deliver")

        wake_up.wake(TOPIC, published=["webhook.deliver"])

        heard = (listener.get_message(timeout=1) for _ in range(10))
        assert next(filter(None, heard))["type"] == "message"
    assert not wake_up.wait_for_wake_up("webhook.deliver", timeout_s=0.01)
    assert client.llen("submit") == 1


@pytest.fixture
def no_redis(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    wake_up.client.cache_clear()
    wake_up._wake_script.cache_clear()
    yield
    wake_up.client.cache_clear()
    wake_up._wake_script.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_promise_is_kept_and_nobody_waits(no_redis):
    (message_id,) = enqueue_many(1)
    wake_up.announce_listener(TOPIC)

    assert [message.id for message in claim()] == [message_id]


def test_without_redis_a_listener_waits_its_time_and_does_not_spin(no_redis):
    begun = time.monotonic()

    heard = wake_up.wait_for_wake_up(TOPIC, timeout_s=0.1)

    assert not heard
    assert time.monotonic() - begun >= 0.1


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_promise_is_kept(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OperationalError("no broker")

    monkeypatch.setattr(wake_up.current_app, "send_task", refuse)

    (message_id,) = enqueue_many(1)

    assert [message.id for message in claim()] == [message_id]


@pytest.mark.django_db
def test_what_fails_for_an_hour_has_an_owner_and_is_tried_on_rarely(caplog):
    enqueue_many(1)
    now, owned = START, []

    for _ in range(15):
        (message,) = claim(now=now)
        outbox.put_back(message, error="E", now=now)
        row = OutboxMessage.objects.get()
        owned.append(row.needs_person_since)
        now = row.available_at

    since = owned[11]
    assert owned == [None] * 11 + [since] * 4
    assert START < since < START + timedelta(hours=1)
    assert [record.message for record in caplog.records] == ["outbox message needs a person"] * 4


@pytest.mark.django_db
def test_what_fails_when_it_is_old_already_has_an_owner_at_once():
    enqueue_many(1)
    now = START + timedelta(hours=1)
    (message,) = claim(now=now)

    outbox.put_back(message, error="E", now=now)

    row = OutboxMessage.objects.get()
    assert (row.needs_person_since, row.available_at) == (now, now + timedelta(hours=1))


@pytest.mark.django_db
def test_what_kills_its_worker_each_time_has_an_owner_too():
    """It is never put back: only its lease ends."""
    enqueue_many(1)
    now = START
    for _ in range(13):
        claim(now=now)
        row = OutboxMessage.objects.get()
        now = max(row.available_at, row.leased_until)

    assert row.needs_person_since is not None
    assert row.available_at - row.needs_person_since == timedelta(hours=1)


@pytest.mark.django_db
def test_a_healthy_message_has_no_owner_however_long_it_had_to_wait():
    enqueue_many(1)

    claim(now=START + timedelta(days=2))

    assert OutboxMessage.objects.get().needs_person_since is None


@pytest.mark.django_db
def test_who_lost_the_lease_does_not_put_back_what_another_holds():
    enqueue_many(1)
    (slow,) = claim()
    (quick,) = claim(now=START + settings.WORK_LEASE)
    lease_until = OutboxMessage.objects.get().leased_until

    outbox.put_back(slow, error="E", now=START + settings.WORK_LEASE)

    row = OutboxMessage.objects.get()
    assert (row.leased_until, row.tries) == (lease_until, quick.tries)


@pytest.mark.django_db
def test_a_person_may_have_it_tried_again_at_once():
    (message_id,) = enqueue_many(1)
    OutboxMessage.objects.update(
        needs_person_since=START, available_at=START + timedelta(hours=1), tries=20
    )

    count = outbox.try_again([message_id], now=START)

    assert count == 1
    assert [message.id for message in claim()] == [message_id]
