"""Two processes release at the same moment, one dies in between: each franc is released once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.ledger.models import PendingAmount, Release, Transfer
from apps.ledger.rules.postings import TransferKind
from apps.ledger.selectors.read_balance import read_balance
from apps.ledger.services.hold import BalanceTooLow, hold
from apps.ledger.services.post import Booking, post_all
from apps.ledger.services.release_pending import release_pending

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 30


@pytest.fixture
def merchant_id():
    """A merchant with amounts of 100 that are due."""
    merchant_id, account_id, due = new_id(), new_id(), timezone.now() - timedelta(minutes=1)
    bookings = [
        Booking(
            {TransferKind.GROSS: Money(100, "XAF")},
            merchant_id=merchant_id,
            source_id=new_id(),
            livemode=False,
            provider_account_id=account_id,
            available_at=due,
        )
        for _ in range(COUNT)
    ]
    with transaction.atomic():
        bulk_write(post_all(bookings, now=due))
    return merchant_id


def at_once(*calls):
    """Run each in a thread of its own, all from one moment on; returns what they raised."""
    start, raised = threading.Barrier(len(calls)), []

    def run(call):
        try:
            start.wait(10)
            call()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


def available(merchant_id):
    found = read_balance(merchant_id=merchant_id, livemode=False)
    return sum(money.amount for money in found.available)


def test_of_two_processes_one_releases_all_of_a_day(merchant_id):
    calls = [lambda: release_pending(now=timezone.now())] * 4

    assert at_once(*calls) == []

    assert Release.objects.get().count == COUNT
    assert Transfer.objects.get(kind="released").amount == 100 * COUNT
    assert available(merchant_id) == 100 * COUNT


def test_a_release_that_breaks_off_released_nothing_and_is_made_by_the_next(
    merchant_id, monkeypatch
):
    def dies(*_args, **_kwargs):
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr("apps.ledger.services.release_pending.bulk_write", dies)
        with pytest.raises(ConnectionResetError):
            release_pending(now=timezone.now())

    assert not Release.objects.exists()
    assert PendingAmount.objects.filter(release=None).count() == COUNT
    assert release_pending(now=timezone.now()) == 1
    assert available(merchant_id) == 100 * COUNT


def test_a_hold_beside_a_release_takes_no_more_than_was_released(merchant_id):
    def take():
        try:
            with transaction.atomic():
                bulk_write(
                    hold(
                        TransferKind.PAYOUT_HELD,
                        Money(100 * COUNT, "XAF"),
                        merchant_id=merchant_id,
                        source_id=new_id(),
                        livemode=False,
                        now=timezone.now(),
                    )
                )
        except BalanceTooLow:
            pass

    raised = at_once(take, lambda: release_pending(now=timezone.now()), take)

    assert raised == []
    held = Transfer.objects.filter(kind="payout_held").count()
    assert held <= 1
    assert available(merchant_id) == 100 * COUNT * (1 - held)
