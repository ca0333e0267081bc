"""How far a batch is, and when it will have ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.services.pause_batch import pause_batch
from apps.payout_batches.services.resume_batch import resume_batch
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
