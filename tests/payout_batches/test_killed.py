"""A worker that is killed while it reads a batch costs no line and writes none twice."""

from __future__ import annotations

import os
import signal

import pytest

from apps.payout_batches.models import PayoutBatch, PayoutBatchPiece
from apps.payout_batches.services import check_batch as checking
from apps.payout_batches.services.check_batch import check_batch
from apps.payout_batches.services.check_name import check_name
from apps.providers.contract import PayeeCheck, PayeeStatus
from tests.fakes import FAKE, register
from tests.killed import is_killed, is_killed_at
from tests.payout_batches.conftest import shown
from tests.payouts.fakes import CheckingConnector, PayingProvider

pytestmark = pytest.mark.django_db(transaction=True)

LINES = 9
FILE = ("phone;amount\n" + "".join(f"67700{n:04};{n + 500}\n" for n in range(LINES))).encode()


def _die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def _after(function, passes):
    """Run it so many times; then die."""
    left = [passes]

    def run(*args, **kwargs):
        if not left[0]:
            _die()
        left[0] -= 1
        return function(*args, **kwargs)

    return run


# What is killed, and how many times it runs before.
PLACES = [
    *(("_store", passes) for passes in range(5)),
    # Within a chunk's transaction, its lines written and not committed.
    *(("_values", passes) for passes in range(5)),
    ("_survey", 0),
    ("_finish", 0),
    ("note_duplicates", 0),
    ("_move", 0),
]


@pytest.mark.parametrize(("name", "passes"), PLACES)
def test_whoever_comes_after_a_killed_reader_goes_on_where_it_was(
    receive, clock, monkeypatch, name, passes
):
    monkeypatch.setattr(checking, "CHUNK", 2)
    batch = receive(FILE)

    def read():
        setattr(checking, name, _after(getattr(checking, name), passes))
        check_batch(batch_id=batch.pk, now=clock.now)

    assert is_killed(read)

    check_batch(batch_id=batch.pk, now=clock.now)

    assert shown(batch) == [(n + 2, "ready", n + 500) for n in range(LINES)]
    assert PayoutBatch.objects.get(pk=batch.pk).status == "draft"
    assert not PayoutBatchPiece.objects.exists()


def test_whoever_is_killed_with_a_rails_answer_in_hand_leaves_the_name_waiting(
    receive, clock, monkeypatch
):
    provider = PayingProvider()
    register(monkeypatch, {FAKE: (provider, CheckingConnector)})
    batch = receive([{"phone": "677000003", "amount": 1_000, "name": "Awa Ndiaye"}])
    check_batch(batch_id=batch.pk, now=clock.now)
    check = batch.name_checks.get()
    provider.on_check = [lambda _: PayeeCheck(PayeeStatus.CAN_RECEIVE, name="Moussa Diop")]

    def ask():
        check_name(line_id=check.pk, leased_until=check.due_at, now=clock.now)

    assert is_killed_at("batches.name.after_call", ask)
    assert batch.name_checks.get().result == "waiting"

    ask()

    assert batch.name_checks.get().result == "different"
