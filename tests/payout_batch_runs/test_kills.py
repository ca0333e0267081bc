"""Whoever sends a batch may be killed at any step: nothing is sent twice, nothing is forgotten."""

from __future__ import annotations

import pytest

from apps.core import failpoints
from apps.payout_batches.services import send_lines
from apps.payout_batches.services.run_batch import run_batch
from apps.payouts.models import Payout
from apps.providers.contract import Outcome
from tests.killed import is_killed_at
from tests.payout_batch_runs.conftest import balance, fresh, statuses
from tests.payouts.conftest import BALANCE

pytestmark = pytest.mark.django_db(transaction=True)

LINES = 5
POINTS = (
    "batches.send.before_write",
    "ledger.post.before_insert",
    "webhooks.build.before_insert",
    "batches.send.before_commit",
    "batches.run.after_commit",
)


def run_to_the_end(batch, now):
    for _ in range(2 * LINES):
        run_batch(batch_id=batch.pk, leased_until=fresh(batch).due_at, now=now)


@pytest.mark.parametrize("at_pass", [1, 3])
@pytest.mark.parametrize("point", POINTS)
def test_a_runner_killed_anywhere_sends_nothing_twice_and_forgets_nothing(
    clock, merchant, provider, running, turn, pay_all, broken_books, monkeypatch, point, at_pass
):
    monkeypatch.setattr(send_lines, "CHUNK", 1)
    batch = running(LINES)

    assert is_killed_at(point, lambda: run_to_the_end(batch, clock.now), at_pass=at_pass)

    # What was committed is whole, and the rest was never there.
    sent = statuses(batch).count("sent")
    assert Payout.objects.count() == sent
    assert 0 <= sent < LINES
    assert broken_books() == {}
    for _ in range(LINES + 1):
        turn(batch)
    pay_all()
    turn(batch)
    assert (fresh(batch).status, statuses(batch)) == ("completed", ["succeeded"] * LINES)
    paid = [one.counterparty for one in provider.book.values() if one.outcome is Outcome.SUCCEEDED]
    assert len(paid) == len(set(paid)) == LINES
    assert balance(merchant) == BALANCE - LINES * 1_000
    assert broken_books() == {}


def test_every_place_of_a_batch_has_its_victim():
    places = [name for name in failpoints.NAMES if name.startswith(("batches.send", "batches.run"))]
    assert set(places) <= set(POINTS)
