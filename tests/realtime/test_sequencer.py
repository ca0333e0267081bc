"""The feed holds every event once, and who reads on from a position misses none."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection as django_connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.public_ids import first_id_at, new_id
from apps.realtime.models import FeedEntry
from apps.realtime.selectors.read_feed import read_feed
from apps.realtime.sequencer import LOCK, Sequencer, connect
from apps.realtime.services.sequence_events import FIRST, sequence_events
from apps.webhooks.models import Event
from tests.realtime.conftest import event_of

PATIENCE_S = 120.0

INSERT = """
INSERT INTO webhooks_event
       (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
VALUES (%s, %s, %s, %s, %s, 1, %s, %s)
"""


def insert(connection, event):
    values = [event.id, event.merchant_id, event.livemode, event.type]
    connection.execute(INSERT, [*values, event.object_id, event.body, event.created_at])


@pytest.fixture
def line():
    """The sequencer's own connection."""
    with connect() as line:
        yield line


@pytest.fixture
def writers():
    """Connections whose transactions are open until they commit."""
    parameters = django_connection.get_connection_params()
    connections = [psycopg.connect(**parameters) for _ in range(4)]
    yield connections
    for connection in connections:
        connection.close()


@given(data=st.data())
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_events_committed_in_any_order_are_each_read_once(merchant, line, writers, data):
    FeedEntry.objects.all().delete()
    Event.objects.all().delete()
    events = [event_of(merchant) for _ in range(len(writers))]
    # Each is inserted, later committed; in between the feed may be sequenced and read.
    steps = data.draw(
        st.permutations([("commit", n) for n in range(len(writers))] + [("read", 0)] * 4)
    )
    for writer, event in zip(writers, events, strict=True):
        insert(writer, event)
    position, came, committed = 0, [], []
    for step, number in [*steps, ("read", 0)]:
        if step == "commit":
            writers[number].commit()
            committed.append(events[number].id)
            continue
        sequence_events(line, after=FIRST, limit=100)
        for entry in read_feed(after=position, limit=100):
            came.append(entry.event_id)
            position = entry.position
        # Whatever is committed has come, each once, however small its id.
        assert sorted(came) == sorted(committed)


def test_a_smaller_id_may_come_later(merchant, line, writers):
    first, second = event_of(merchant), event_of(merchant)
    assert first.id < second.id
    insert(writers[0], first)
    insert(writers[1], second)
    writers[1].commit()
    sequence_events(line, after=FIRST, limit=100)
    (only,) = read_feed(after=0, limit=100)

    writers[0].commit()
    sequence_events(line, after=FIRST, limit=100)

    assert only.event_id == second.id
    assert [entry.event_id for entry in read_feed(after=only.position, limit=9)] == [first.id]


def test_sequencing_again_changes_nothing(merchant, line):
    event_of(merchant).save(force_insert=True)
    first = sequence_events(line, after=FIRST, limit=100)

    again = sequence_events(line, after=FIRST, limit=100)

    assert (first.seen, first.placed) == (1, 1)
    assert (again.seen, again.placed) == (1, 0)
    assert FeedEntry.objects.count() == 1


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
    "age", [timedelta(0), timedelta(seconds=20), timedelta(hours=20)], ids=["new", "20 s", "20 h"]
)
def test_an_event_is_found_however_old_its_id(merchant, led, age):
    """An id is as old as its transaction is slow, or as its outbox message is late."""
    sequencer = led.start()
    led.wait_for(lambda: sequencer.is_leader)
    event_of(merchant).save(force_insert=True)
    sequencer.ring()
    led.wait_for(lambda: FeedEntry.objects.count() == 1)

    id = new_id() if not age else first_id_at(datetime.now(UTC) - age)
    event_of(merchant, id=id).save(force_insert=True)
    sequencer.ring()

    led.wait_for(lambda: FeedEntry.objects.filter(event_id=id).exists())


def test_what_came_while_nobody_led_is_found(merchant, led):
    """However long that was."""
    old = first_id_at(datetime.now(UTC) - timedelta(days=3))
    event_of(merchant, id=old).save(force_insert=True)
    with connect() as line:
        sequence_events(line, after=FIRST, limit=100)
    later = first_id_at(datetime.now(UTC) - timedelta(days=2))
    event_of(merchant, id=later).save(force_insert=True)

    led.start()

    led.wait_for(lambda: FeedEntry.objects.filter(event_id=later).exists())


def test_one_leads_and_another_takes_over_when_it_is_cut_off(merchant, led):
    first = led.start()
    led.wait_for(lambda: first.is_leader)
    second = led.start()
    with django_connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"
            " AND granted AND database = (SELECT oid FROM pg_database WHERE datname ="
            " current_database())",
            LOCK,
        )
        ((holder,),) = cursor.fetchall()
        assert not second.is_leader
        cursor.execute("SELECT pg_terminate_backend(%s)", [holder])

    led.wait_for(lambda: first.is_leader != second.is_leader)
    event_of(merchant).save(force_insert=True)
    for sequencer in (first, second):
        sequencer.ring()

    led.wait_for(lambda: FeedEntry.objects.count() == 1)


def test_a_stopped_leader_gives_way(merchant, led):
    first = led.start()
    led.wait_for(lambda: first.is_leader)
    second = led.start()

    first.stop()

    led.wait_for(lambda: second.is_leader)
    assert not first.is_leader
