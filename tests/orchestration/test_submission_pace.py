"""An account is sent no more orders a minute than it takes, and holds up nobody else's."""

import threading
import time

import pytest
from django.utils import timezone

from apps.core.work.worker_loop import run_worker_loop
from apps.orchestration.due_work import take
from apps.orchestration.models import Attempt
from apps.orchestration.services.claim_attempts import CreatedAttempts
from tests.factories import PaymentFactory
from tests.fakes import open_account

# Two at once, then one in half a second.
A_MINUTE = 120


def waiting(account, count):
    payments = PaymentFactory.create_batch(count, account=account)
    attempts = Attempt.objects.filter(owner_id__in=[payment.pk for payment in payments])
    attempts.update(next_check_at=min(payment.created_at for payment in payments))
    return attempts


@pytest.mark.django_db(transaction=True)
def test_orders_above_the_limit_wait_and_those_of_others_do_not(provider):
    slow = waiting(open_account(orders_per_minute=A_MINUTE), 4)
    quick = waiting(open_account(), 3)
    begun = time.monotonic()

    worker = threading.Thread(target=run_worker_loop, args=["attempt.submit"])
    worker.start()
    worker.join(timeout=120)
    elapsed_s = time.monotonic() - begun

    assert not slow.filter(status="created").exists()
    assert not quick.filter(status="created").exists()
    # Two after the first two, each half a second after the one before.
    assert elapsed_s >= 1.0
    sent = sorted(slow.values_list("submitted_at", flat=True))
    assert sorted(quick.values_list("submitted_at", flat=True))[-1] < sent[-1]


@pytest.mark.django_db(transaction=True)
def test_two_processes_together_send_no_more_than_one(provider):
    account = open_account(orders_per_minute=1)
    waiting(account, 5)

    sources = [CreatedAttempts() for _ in range(3)]
    claimed = [len(source.claim(limit=10, now=timezone.now(), done=[])) for source in sources]

    assert claimed == [1, 0, 0]
    assert all(0 < source.more_in_s() <= 60 for source in sources)


@pytest.mark.django_db(transaction=True)
def test_a_call_that_nothing_waited_for_is_there_for_the_next_order(provider):
    account = open_account(orders_per_minute=1)
    source = CreatedAttempts()

    assert source.claim(limit=10, now=timezone.now(), done=[]) == []
    assert source.more_in_s() is None

    waiting(account, 1)
    assert len(source.claim(limit=10, now=timezone.now(), done=[])) == 1


@pytest.mark.django_db(transaction=True)
def test_where_nobody_has_a_limit_redis_is_not_asked(provider, monkeypatch):
    waiting(open_account(), 1)
    monkeypatch.setattr(
        "apps.orchestration.due_work.take",
        lambda wanted: pytest.fail(wanted) if wanted else take(wanted),
    )

    assert len(CreatedAttempts().claim(limit=10, now=timezone.now(), done=[])) == 1
