"""Whatever the topic, one item that cannot be done harms none of its neighbours.

In `poison/` each topic says how an item of it is made, healthy or spoilt in a way of its own;
outbox messages are besides tried without their payload and with a payload that says nothing.
"""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.core.work import outbox
from apps.core.work import worker_loop as engine
from apps.core.work.outbox import OutboxTopic
from apps.core.work.topics import routes
from apps.core.work.worker_loop import run_worker_loop
from tests.core.poison.case import CASES, World
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(provider, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = True
    receiver = Receiver()
    yield World(provider, receiver)
    receiver.close()


def test_every_topic_says_what_spoils_an_item_of_it():
    assert set(CASES) == set(routes())
    assert all(case.spoils or case.keys for case in CASES.values())
    # In the file of the app that does its work.
    assert {name: case.make.__module__.rpartition(".")[2] for name, case in CASES.items()} == {
        name: route.handler.split(".")[1] for name, route in routes().items()
    }


SPOILT = [(name, spoilt) for name, case in CASES.items() for spoilt in case.spoils]
MESSAGES = [name for name, case in CASES.items() if case.keys]


@pytest.mark.parametrize(("name", "spoilt"), SPOILT)
def test_an_item_spoilt_in_the_ways_of_its_topic_harms_no_neighbour(world, name, spoilt):
    make = CASES[name].make
    before = [make(world, "") for _ in range(2)]
    is_done = make(world, spoilt)
    # Together no more than an account has slots for: a callback that is put off comes later.
    after = [make(world, "")]
    begun = time.monotonic()

    run_worker_loop(name)

    assert [each() for each in (*before, *after)] == [True] * 3
    assert not is_done()
    # It waits for its next try, a second at least: the loop does not spin on it.
    assert run_worker_loop(name) <= time.monotonic() - begun


@pytest.mark.parametrize("payload", ["nothing", "rubbish"])
@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_that_says_nothing_harms_no_neighbour_and_gets_an_owner(world, name, payload):
    make, keys = CASES[name].make, CASES[name].keys
    before = make(world, "")
    said = dict.fromkeys(keys, "rubbish") if payload == "rubbish" else {}
    spoilt = outbox.enqueue(name, now=timezone.now(), **said)
    after = make(world, "")
    begun = time.monotonic()

    run_worker_loop(name)

    assert (before(), after()) == (True, True)
    kept = OutboxMessage.objects.get(pk=spoilt.pk)
    # Between two tries is a second at least.
    assert 1 <= kept.tries <= 1 + time.monotonic() - begun
    assert kept.needs_person_since is None
    assert kept.last_error

    OutboxMessage.objects.filter(pk=spoilt.pk).update(
        tries=outbox.TRIES_ALONE_MAX - 1, available_at=timezone.now()
    )
    run_worker_loop(name)

    kept.refresh_from_db()
    assert kept.needs_person_since is not None
    assert kept.available_at > timezone.now() + timedelta(minutes=50)


@pytest.mark.parametrize("name", sorted(routes()))
def test_an_outage_while_a_topic_concludes_loses_no_answer(world, name, monkeypatch):
    """What was asked or sent is written down when the database is back, and not asked again."""
    from django.db import OperationalError

    route, conclude, fails = routes()[name], engine._WorkerLoop._run_after_batch, [1] * 3

    def away(loop, answered):
        if fails:
            fails.pop()
            loop._after_batch_failed(answered, OperationalError("gone"))
        else:
            conclude(loop, answered)

    monkeypatch.setattr(engine._WorkerLoop, "_run_after_batch", away)
    monkeypatch.setattr(engine, "DATABASE_RETRY_S", 0.001)
    done = [CASES[name].make(world, "") for _ in range(3)]

    run_worker_loop(name)

    assert [each() for each in done] == [True] * 3
    assert not isinstance(route.source, OutboxTopic) or not OutboxMessage.objects.filter(topic=name)
