from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection as django_connection
from django.utils import timezone

from apps.core import ttl_cache
from apps.core.bulk_write import bulk_write
from apps.core.postgresql.bounded_connection import BoundedConnection
from apps.core.public_ids import new_id
from apps.core.work.wake_up import wake
from apps.realtime.sequencer import connect
from apps.realtime.services.give_up_lease import give_up_lease
from apps.realtime.services.sequence_events import sequence_events
from apps.realtime.services.take_lease import take_lease
from apps.webhooks.models import Event
from apps.webhooks.services.build_event import TOPIC, build_event
from tests.api.conftest import Shop
from tests.factories import MerchantFactory

INSERT = """
INSERT INTO webhooks_event
       (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


@pytest.fixture(autouse=True)
def _memory_runs_out(monkeypatch):
    """A stream ends once a revoked credential is no longer remembered."""
    monkeypatch.setattr(ttl_cache, "monotonic", time.monotonic)


def insert(connection, event):
    values = [event.id, event.merchant_id, event.livemode, event.type]
    values += [event.object_id, event.sequence, event.body, event.created_at]
    connection.execute(INSERT, values)


class Placer:
    """A sequencer's connection and lease, without its thread."""

    def __init__(self):
        self.connection = connect()
        self.holder = new_id()
        self.horizon = 0

    def lead(self):
        horizon = take_lease(self.connection, holder=self.holder, horizon=None)
        if horizon is not None:
            self.horizon = horizon
        return horizon is not None

    def place(self, limit=100):
        done = sequence_events(self.connection, holder=self.holder, after=self.horizon, limit=limit)
        if done.has_lease:
            self.horizon = max(self.horizon, done.horizon)
        return done

    def give_up(self):
        take_lease(self.connection, holder=self.holder, horizon=self.horizon)
        give_up_lease(self.connection, holder=self.holder)


@pytest.fixture
def placers(transactional_db, monkeypatch):
    # However slow the machine is, a lease ends when the test says so.
    monkeypatch.setattr("apps.realtime.services.take_lease.LEASE", timedelta(hours=1))
    placers = [Placer(), Placer()]
    yield placers
    for placer in placers:
        placer.connection.close()


@pytest.fixture
def placer(placers):
    assert placers[0].lead()
    return placers[0]


@pytest.fixture
def writers():
    """Connections whose transactions are open until they commit."""
    parameters = django_connection.get_connection_params()
    connections = [BoundedConnection.connect(**parameters) for _ in range(4)]
    yield connections
    for connection in connections:
        connection.close()


def event_of(merchant, *, type="payment.succeeded", livemode=False, object_id=None, id=None):
    """An unsaved event; `id` as if it had been made at another moment."""
    (event,) = build_event(
        merchant_id=merchant.pk,
        livemode=livemode,
        type=type,
        object_id=object_id or new_id(),
        sequence=1,
        data={"note": "déjà vu"},
        endpoints=[],
        now=timezone.now(),
    )
    assert isinstance(event, Event)
    if id is not None:
        event.body = event.body.replace(event.public_id, Event(id=id).public_id)
        event.id = id
    return event


@pytest.fixture
def merchant(transactional_db):
    return MerchantFactory()


@pytest.fixture
def shop(merchant):
    """Its key, and a client of the API."""
    return Shop(merchant)


@pytest.fixture
def tell():
    """Commit an event of a merchant, as the platform does; returns its public id."""

    def told(merchant, **what):
        event = event_of(merchant, **what)
        bulk_write([event])
        wake(TOPIC)
        return event.public_id

    return told
