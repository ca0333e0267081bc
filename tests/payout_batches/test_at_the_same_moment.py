"""Two who change a batch at once: its row says who comes first."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction

from apps.core.tables.cells import MinorUnits
from apps.payout_batches.models import PayoutBatch, PayoutBatchLine
from apps.payout_batches.selectors.lock_draft import BatchNotDraft
from apps.payout_batches.services.correct_line import correct_line

pytestmark = pytest.mark.django_db(transaction=True)

# Within a transaction pg_stat_activity does not change; pg_locks does.
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def _correct(batch, clock, amount, caught):
    try:
        correct_line(
            batch_id=batch.pk,
            number=2,
            cells={"amount": MinorUnits(amount)},
            actor="user:1",
            corrected_by="user:1",
            now=clock.now,
        )
    except BatchNotDraft as refusal:
        caught.append(refusal)
    finally:
        connection.close()


def _wait_for_a_waiter():
    until = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(WAITING)
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.01)
    raise TimeoutError("nobody waits")


def test_a_correction_and_a_submission_come_one_after_the_other(read, clock):
    batch = read(b"phone;amount\n677000001;500\n")
    caught: list[BatchNotDraft] = []
    other = threading.Thread(target=_correct, args=(batch, clock, 900, caught))

    with transaction.atomic():
        PayoutBatch.objects.select_for_update().get(pk=batch.pk)
        other.start()
        _wait_for_a_waiter()
        PayoutBatch.objects.filter(pk=batch.pk).update(status="needs_approval", due_at=clock.now)
    other.join()

    assert len(caught) == 1
    assert PayoutBatchLine.objects.get(batch=batch).amount == 500


def test_two_who_correct_a_line_come_one_after_the_other(read, clock):
    batch = read(b"phone;amount\n677000001;500\n")
    caught: list[BatchNotDraft] = []
    other = threading.Thread(target=_correct, args=(batch, clock, 900, caught))

    with transaction.atomic():
        correct_line(
            batch_id=batch.pk,
            number=2,
            cells={"phone": "677000002"},
            actor="user:2",
            corrected_by="user:2",
            now=clock.now,
        )
        other.start()
        _wait_for_a_waiter()
    other.join()

    line = PayoutBatchLine.objects.get(batch=batch)
    assert caught == []
    assert (line.amount, line.payee_msisdn_masked[-2:], line.status) == (900, "02", "ready")
