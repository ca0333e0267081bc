"""The line to the database falls silent: web says so, streams go on elsewhere, workers survive.

The real processes. The bounds are for a busy machine; the figures are `make bench NAME=silence`'s.
"""

from __future__ import annotations

import json
import os
import time

import pytest
import requests
from django.db import connection
from django.utils import timezone

from apps.core.work import wake_up
from apps.merchants.events import tell as tell_of_key
from apps.merchants.rules.event_types import UPDATED
from apps.realtime.models import FeedEntry, SequencerLease
from apps.webhooks.models import Event
from local import ports
from local.stack import Stack
from tests import servers
from tests.realtime.test_server import Follower
from tests.silent_proxy import SilentProxy

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

# Five seconds and ten are promised.
BOUND_S = 15.0
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def line(django_db_setup):
    with SilentProxy.before(os.environ["DATABASE_URL"]) as line:
        yield line


def stack_over(folder, **environment):
    return Stack(
        folder,
        settings_module=os.environ["DJANGO_SETTINGS_MODULE"],
        environ_extra=environment,
        web_port=ports.choose_port(),
        realtime_port=ports.choose_port(),
        simulator_port=ports.choose_port(),
    )


@pytest.fixture(scope="module")
def database_url(django_db_setup):
    return servers.of_database(connection.settings_dict["NAME"])["DATABASE_URL"]


@pytest.fixture(scope="module")
def stack(line, database_url, tmp_path_factory):
    """All its processes see the database through the line."""
    folder = tmp_path_factory.mktemp("silent")
    with stack_over(folder, DATABASE_URL=line.url(database_url), WORK_LEASE_S="3") as stack:
        stack.start("web", "realtime", "worker")
        yield stack


@pytest.fixture(scope="module")
def other(stack, database_url, tmp_path_factory):
    """A realtime process on another machine, whose line is whole."""
    environment = {**stack.environment, "DATABASE_URL": database_url}
    with stack_over(tmp_path_factory.mktemp("other"), **environment) as other:
        yield other


@pytest.fixture(autouse=True)
def _speaks_at_the_end(line):
    yield
    line.speak_again()


def until(is_so, patience_s=PATIENCE_S):
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < patience_s
        time.sleep(0.02)
    return time.monotonic() - begun


def ask(stack, shop):
    return requests.get(
        f"{stack.urls.web}/api/v1/api_keys",
        headers={"Authorization": f"Bearer {shop.key}"},
        timeout=PATIENCE_S,
    )


def test_the_api_says_that_it_is_away_and_is_back_with_the_line(stack, line, shop):
    until(lambda: ask(stack, shop).status_code == 200)

    line.fall_silent()
    answers = []
    for _ in range(2):
        answers.append(ask(stack, shop))
    line.speak_again()

    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert answers[0].json()["code"] == "temporarily_unavailable"
    assert max(answer.elapsed.total_seconds() for answer in answers) < BOUND_S
    until(lambda: ask(stack, shop).status_code == 200)


def test_a_worker_survives_and_does_what_it_was_promised(stack, line, shop):
    topic, key = "event.announce", shop.api_key

    def told():
        wake_up.wake(topic)
        return Event.objects.filter(object_id=key.pk).count()

    tell_of_key(key, UPDATED, now=timezone.now())
    until(lambda: told() == 1)
    line.fall_silent()
    for _ in range(5):
        tell_of_key(key, UPDATED, now=timezone.now())
    until(lambda: not connection_of_worker_waits(stack))
    line.speak_again()

    until(lambda: told() == 6)
    numbers = Event.objects.filter(object_id=key.pk).values_list("sequence", flat=True)
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def connection_of_worker_waits(stack):
    """Until it has given up: its log says so."""
    wake_up.wake("event.announce")
    log = stack.log("worker").read_text()
    return "no answer within" not in log and "connection timeout" not in log


def test_streams_go_on_by_another_process(stack, other, line, merchant, shop, tell):
    until(lambda: SequencerLease.objects.exists())
    holder = SequencerLease.objects.get().holder
    other.start("realtime")
    follower = Follower(other, shop.key)
    try:
        until(lambda: follower.connections)
        first = tell(merchant)
        until(lambda: first in follower.came)
        assert SequencerLease.objects.get().holder == holder

        line.fall_silent()
        event_id = tell(merchant)
        took_s = until(lambda: event_id in follower.came)

        assert took_s < BOUND_S
        assert SequencerLease.objects.get().holder != holder
        # The one that was lost comes back and does not disturb.
        line.speak_again()
        last = tell(merchant)
        until(lambda: last in follower.came)
        assert follower.came == [first, event_id, last]
        assert FeedEntry.objects.filter(merchant_id=merchant.pk).count() == 3
    finally:
        follower.close()


def test_the_streams_of_a_process_that_was_cut_off_go_on_with_its_line(
    stack, line, merchant, shop, tell
):
    follower = Follower(stack, shop.key)
    try:
        until(lambda: follower.connections)
        first = tell(merchant)
        until(lambda: first in follower.came)

        line.fall_silent()
        ids = [tell(merchant) for _ in range(3)]
        health = f"{stack.urls.realtime}/health"
        until(lambda: requests.get(health, timeout=PATIENCE_S).status_code == 503)
        assert json.loads(requests.get(health, timeout=PATIENCE_S).text)["status"] == "no feed"
        line.speak_again()

        until(lambda: len(follower.came) == 4)
        assert follower.came == [first, *ids]
    finally:
        follower.close()
