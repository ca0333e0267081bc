"""The feed holds every event once, in the order of each object, and who reads on misses none."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection as django_connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.models import OutboxMessage
from apps.core.public_ids import first_id_at, new_id
from apps.core.work.outbox import ClaimedMessage
from apps.merchants.events import tell as tell_of_key
from apps.merchants.models import ApiKey
from apps.merchants.rules.event_types import CREATED, REVOKED, UPDATED
from apps.merchants.services.create_api_key import create_api_key
from apps.realtime.models import FeedEntry, SequencerLease
from apps.realtime.selectors.read_feed import read_feed
from apps.realtime.sequencer import Sequencer
from apps.realtime.services.sequence_events import OLD_LOCK
from apps.webhooks import tasks
from apps.webhooks.models import Event
from tests.factories import MerchantFactory
from tests.ledger.horizon import wait_for_older_transactions
from tests.realtime.conftest import event_of, insert

PATIENCE_S = 120.0


def fed():
    return [entry.event_id for entry in read_feed(after=0, limit=1_000)]


ANY_ORDER = settings(
    max_examples=25,
    derandomize=True,
)


@given(data=st.data())
@ANY_ORDER
def test_events_committed_in_any_order_are_each_read_once(merchant, placers, writers, data):
    """Whoever leads meanwhile, and however few are placed at once."""
    FeedEntry.objects.all().delete()
    Event.objects.all().delete()
    SequencerLease.objects.all().delete()
    for writer in writers:
        writer.rollback()
    for placer in placers:
        placer.horizon = 0
    events = [event_of(merchant) for _ in range(len(writers))]
    # Each is inserted, later committed; in between the feed may be sequenced and read, and another
    # may take over.
    steps = data.draw(
        st.permutations(
            [("insert", n) for n in range(len(writers))]
            + [("read", n % 2) for n in range(5)]
            + [("give up", 0), ("give up", 1)]
        )
    )
    open_writers = {}
    position, came, committed = 0, [], []

    def commit_one():
        number = data.draw(st.sampled_from(sorted(open_writers)))
        writers[number].commit()
        committed.append(open_writers.pop(number))

    for step, number in [*steps, ("commit all", 0), ("give up", 1), ("read", 0)]:
        if step == "insert":
            insert(writers[number], events[number])
            open_writers[number] = events[number].id
            if data.draw(st.booleans()):
                commit_one()
        elif step == "commit all":
            while open_writers:
                commit_one()
        elif step == "give up":
            placers[number].give_up()
        else:
            placer = placers[number]
            if not placer.lead():
                assert placer.place().placed == 0
                continue
            while not placer.place(limit=data.draw(st.integers(1, 5))).is_all:
                pass
            for entry in read_feed(after=position, limit=100):
                came.append(entry.event_id)
                position = entry.position
            # Whatever is committed has come, each once, however small its id.
            assert sorted(came) == sorted(committed)
    assert len(came) == len(events)


def test_a_smaller_id_may_come_later(merchant, placer, writers):
    first, second = event_of(merchant), event_of(merchant)
    assert first.id < second.id
    insert(writers[0], first)
    insert(writers[1], second)
    writers[1].commit()
    placer.place()
    assert fed() == [second.id]

    writers[0].commit()
    placer.place()

    assert fed() == [second.id, first.id]


def test_what_is_long_in_coming_is_not_passed_by(merchant, placer, writers):
    """The oldest transaction that runs is where the next look begins."""
    late = event_of(merchant)
    insert(writers[0], late)
    for _ in range(3):
        event_of(merchant).save(force_insert=True)
        placer.place()
    before = placer.horizon

    writers[0].commit()
    # Other tests' transactions hold it back as well.
    wait_for_older_transactions()
    placer.place()

    assert fed()[-1] == late.id
    assert placer.horizon > before


def test_sequencing_again_changes_nothing(merchant, placer):
    event_of(merchant).save(force_insert=True)
    first = placer.place()

    again = placer.place()

    assert (first.placed, again.placed) == (1, 0)
    assert FeedEntry.objects.count() == 1


def test_events_of_one_payment_from_two_clocks_follow_their_sequence(merchant, placer):
    """The later one has the smaller id, and both are found at once."""
    payment_id, now = new_id(), datetime.now(UTC)
    for sequence, ago_s in ((1, 0), (2, 5), (3, 2)):
        id = first_id_at(now - timedelta(seconds=ago_s))
        event = event_of(merchant, object_id=payment_id, id=id)
        event.sequence = sequence
        event.save(force_insert=True)

    placer.place()

    by_position = Event.objects.filter(object_id=payment_id).order_by("feedentry__position")
    assert list(by_position.values_list("sequence", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_transaction_that_began_first_and_ended_last_keeps_its_objects_order(
    merchant, placer, writers, limit
):
    """Transactions are numbered when they begin to write, objects when they change."""
    payment_id = new_id()
    second, first = (event_of(merchant, object_id=payment_id) for _ in range(2))
    second.sequence = 2
    # The number of this transaction is the smaller one.
    writers[0].execute("SELECT pg_current_xact_id()")
    insert(writers[1], first)
    writers[1].commit()
    insert(writers[0], second)
    writers[0].commit()

    while not placer.place(limit=limit).is_all:
        pass

    assert fed() == [first.id, second.id]


# The announcements of an API key: numbered by the transaction that changes it.


@pytest.fixture
def key(merchant):
    api_key, _ = create_api_key(merchant=merchant, livemode=False, now=timezone.now())
    return api_key


@given(data=st.data())
@ANY_ORDER
def test_news_of_one_key_handled_in_any_order_is_told_as_it_happened(placer, data):
    """However late each message is, and whether or not the feed is looked at in between."""
    OutboxMessage.objects.all().delete()
    merchant = MerchantFactory()
    keys = [create_api_key(merchant=merchant, livemode=False, now=timezone.now())[0] for _ in "ab"]
    told = [(key, type) for type in (CREATED, UPDATED, REVOKED) for key in keys]
    for key, type in told:
        tell_of_key(key, type, now=timezone.now())
    messages = list(OutboxMessage.objects.order_by("id"))
    handled = data.draw(st.permutations(messages))
    for message in handled:
        tasks.announce(ClaimedMessage(id=message.id, payload=message.payload, tries=1))
        if data.draw(st.booleans()):
            placer.place(limit=data.draw(st.integers(1, 3)))
        if data.draw(st.booleans()):
            message.delete()
    while not placer.place(limit=2).is_all:
        pass

    for key in keys:
        events = Event.objects.filter(object_id=key.pk).order_by("feedentry__position")
        expected = [(1, CREATED), (2, UPDATED), (3, REVOKED)]
        assert list(events.values_list("sequence", "type")) == expected
    assert not Event.objects.filter(feedentry=None).exists()


def test_an_event_announced_a_day_late_is_placed_and_can_be_resumed_after(merchant, placer, key):
    yesterday = timezone.now() - timedelta(days=2)
    tell_of_key(key, CREATED, now=yesterday)
    (message,) = OutboxMessage.objects.all()
    message.payload["event_id"] = str(first_id_at(yesterday))
    event_of(merchant).save(force_insert=True)
    placer.place()

    tasks.announce(ClaimedMessage(id=message.id, payload=message.payload, tries=9))
    placer.place()

    event = Event.objects.get(object_id=key.pk)
    assert event.created_at == yesterday
    assert fed()[-1] == event.pk


def test_a_key_that_is_changed_twice_at_once_is_numbered_in_the_order_of_the_commits(key):
    barrier = threading.Barrier(4)

    def change():
        barrier.wait()
        try:
            tell_of_key(ApiKey.objects.get(pk=key.pk), UPDATED, now=timezone.now())
        finally:
            django_connection.close()

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = [int(message.payload["sequence"]) for message in OutboxMessage.objects.all()]
    assert sorted(numbers) == [1, 2, 3, 4]


# The lease.


def test_only_the_holder_of_the_lease_places(merchant, placers):
    one, other = placers
    assert one.lead()
    assert not other.lead()
    event_of(merchant).save(force_insert=True)

    refused = other.place()

    assert (refused.has_lease, refused.placed) == (False, 0)
    assert one.place().placed == 1


def test_a_leader_whose_lease_ran_out_places_nothing_even_before_another_leads(merchant, placers):
    one, other = placers
    assert one.lead()
    event_of(merchant).save(force_insert=True)
    SequencerLease.objects.update(until=timezone.now() - timedelta(seconds=1))

    assert one.place().placed == 0
    assert other.lead()
    assert one.place().placed == 0
    assert not one.lead()
    assert other.place().placed == 1


def test_nobody_takes_over_while_the_leader_places(merchant, placers):
    """The statement that places holds the lease's row until it is committed."""
    one, other = placers
    assert one.lead()
    event_of(merchant).save(force_insert=True)
    one.connection.autocommit = False
    assert one.place().placed == 1
    other.connection.execute("SET lock_timeout = '100ms'")

    # Even if it had run out: the row keeps the other one out.
    with pytest.raises(psycopg.errors.LockNotAvailable):
        other.connection.execute("UPDATE realtime_sequencerlease SET until = clock_timestamp()")
    one.connection.commit()

    assert FeedEntry.objects.count() == 1


def test_nothing_is_placed_beside_a_sequencer_of_the_release_before(merchant, placer, writers):
    writers[0].execute("SELECT pg_advisory_lock(%s, %s)", OLD_LOCK)
    writers[0].commit()
    event_of(merchant).save(force_insert=True)

    assert not placer.place().has_lease

    writers[0].execute("SELECT pg_advisory_unlock(%s, %s)", OLD_LOCK)
    writers[0].commit()
    assert placer.place().placed == 1


class Led:
    """Sequencers, as of several processes, and what they say."""

    def __init__(self):
        self.placed = threading.Semaphore(0)
        self.sequencers = []

    def start(self):
        sequencer = Sequencer(self.placed.release)
        sequencer.start()
        self.sequencers.append(sequencer)
        return sequencer

    def wait_for(self, is_so):
        """Rung at each change, and by the sequencers each second."""
        deadline = datetime.now(UTC) + timedelta(seconds=PATIENCE_S)
        while not is_so():
            assert datetime.now(UTC) < deadline
            self.placed.acquire(timeout=0.02)


@pytest.fixture
def led(transactional_db):
    led = Led()
    yield led
    for sequencer in led.sequencers:
        sequencer.stop()


@pytest.mark.parametrize(
    "age",
    [timedelta(0), timedelta(seconds=20), timedelta(days=400)],
    ids=["new", "20 s", "400 days"],
)
def test_an_event_is_found_however_old_its_id(merchant, led, age):
    """An id is as old as its transaction is slow, or as its outbox message is late."""
    sequencer = led.start()
    led.wait_for(lambda: sequencer.is_leader)
    event_of(merchant).save(force_insert=True)
    sequencer.notify()
    led.wait_for(lambda: FeedEntry.objects.count() == 1)

    id = new_id() if not age else first_id_at(datetime.now(UTC) - age)
    event_of(merchant, id=id).save(force_insert=True)
    sequencer.notify()

    led.wait_for(lambda: FeedEntry.objects.filter(event_id=id).exists())


def test_what_came_while_nobody_led_is_found(merchant, led, placer):
    """However long that was, and however much."""
    event_of(merchant).save(force_insert=True)
    placer.place()
    placer.give_up()
    later = [event_of(merchant) for _ in range(5)]
    Event.objects.bulk_create(later)

    led.start()

    led.wait_for(lambda: FeedEntry.objects.count() == 6)
    assert fed()[1:] == [event.pk for event in later]


def test_a_database_restored_from_a_dump_is_read_from_its_beginning(merchant, led, placer):
    """Its transactions are numbered anew, lower than what the lease remembers."""
    placer.horizon = 2**50
    placer.give_up()
    old, new = event_of(merchant), event_of(merchant)
    for event in (old, new):
        event.save(force_insert=True)
    with django_connection.cursor() as cursor:
        cursor.execute(
            "UPDATE webhooks_event SET transaction_id = %s WHERE id = %s", [2**49, old.id]
        )

    sequencer = led.start()

    led.wait_for(lambda: FeedEntry.objects.count() == 2)
    event_of(merchant).save(force_insert=True)
    sequencer.notify()
    led.wait_for(lambda: FeedEntry.objects.count() == 3)


def test_one_leads_and_another_takes_over_when_it_is_cut_off(merchant, led, monkeypatch):
    first = led.start()
    led.wait_for(lambda: first.is_leader)
    second = led.start()
    # Its machine is gone: nothing of it comes any more, and it gives nothing up.
    monkeypatch.setattr("apps.realtime.sequencer.give_up_lease", lambda *_, **__: None)
    first.stop()

    led.wait_for(lambda: second.is_leader)
    event_of(merchant).save(force_insert=True)
    second.notify()

    led.wait_for(lambda: FeedEntry.objects.count() == 1)


def test_a_leader_that_loses_its_connection_leads_again(merchant, led):
    sequencer = led.start()
    led.wait_for(lambda: sequencer.is_leader)
    with django_connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    event_of(merchant).save(force_insert=True)
    sequencer.notify()

    led.wait_for(lambda: FeedEntry.objects.count() == 1)


def test_a_stopped_leader_gives_way(merchant, led):
    first = led.start()
    led.wait_for(lambda: first.is_leader)
    second = led.start()

    first.stop()

    led.wait_for(lambda: second.is_leader)
    assert not first.is_leader
