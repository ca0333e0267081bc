"""How far a batch is, and when it will have ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.core.ttl_cache import clear_all
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.services.pause_batch import pause_batch
from apps.payout_batches.services.resume_batch import resume_batch
from apps.providers.models import ProviderAccount
from tests.payout_batch_runs.conftest import fresh

pytestmark = pytest.mark.django_db

LINES, ENDED = 40, 20


@pytest.fixture
def half_way(running, turn, pay_all, clock):
    """Half of it ended in its first ten minutes."""
    batch = running([{"amount": 200}] * LINES)
    turn(batch)
    clock.now += timedelta(minutes=10)
    pay_all(limit=ENDED)
    turn(fresh(batch))
    return fresh(batch)


def shown(batch, now):
    return describe_batch(fresh(batch), now=now).progress


def test_the_end_is_that_of_the_rest_at_the_rate_so_far(half_way, clock):
    progress = shown(half_way, clock.now)

    assert (progress["ended"], progress["rate_per_minute"]) == (ENDED, 2)
    assert datetime.fromisoformat(progress["ends_at"]) == clock.now + timedelta(minutes=10)


def test_a_pause_changes_neither_the_rate_nor_how_long_the_rest_takes(half_way, clock):
    pause_batch(batch_id=half_way.pk, source="api", now=clock.now)
    clock.now += timedelta(hours=3)

    paused = shown(half_way, clock.now)
    resume_batch(batch_id=half_way.pk, source="api", now=clock.now)
    resumed = shown(half_way, clock.now)

    assert (paused["rate_per_minute"], paused["ends_at"]) == (2, None)
    assert resumed["rate_per_minute"] == 2
    assert datetime.fromisoformat(resumed["ends_at"]) == clock.now + timedelta(minutes=10)


def limit(a_minute):
    ProviderAccount.objects.update(orders_per_minute=a_minute)
    clear_all()


def test_before_it_starts_the_limits_say_how_long_it_takes(draft, submit):
    batch = submit(draft([{"amount": 200}] * LINES))
    unknown = shown(batch, batch.created_at)
    limit(2)
    known = shown(batch, batch.created_at)

    assert (unknown["seconds_left_min"], unknown["ends_at"]) == (None, None)
    assert (known["seconds_left_min"], known["ends_at"]) == (LINES * 30, None)


def test_a_rail_with_a_limit_ends_no_sooner_however_fast_the_first_were(half_way, clock):
    limit(1)

    progress = shown(half_way, clock.now)

    assert progress["seconds_left_min"] == (LINES - ENDED) * 60
    assert datetime.fromisoformat(progress["ends_at"]) == clock.now + timedelta(minutes=20)


def test_once_it_has_ended_nothing_takes_any_time(half_way, turn, pay_all, clock):
    for _ in range(3):
        turn(fresh(half_way))
        pay_all(limit=LINES)
    turn(fresh(half_way))
    limit(1)

    progress = shown(half_way, clock.now)

    assert (progress["ended"], progress["seconds_left_min"]) == (LINES, None)
