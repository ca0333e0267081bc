"""Accounts are opened at their first use, by several processes at once and in any order."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.ledger.models import Account, Transfer
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.find_account import known_accounts
from apps.ledger.services.post import post

pytestmark = pytest.mark.django_db(transaction=True)

PROVIDER_ACCOUNT = new_id()


def book(merchant_id):
    bulk_write(
        post(
            {TransferKind.GROSS: Money(1_000, "XAF"), TransferKind.FEE: Money(20, "XAF")},
            merchant_id=merchant_id,
            provider_account_id=PROVIDER_ACCOUNT,
            source_id=new_id(),
            attempt_id=new_id(),
            livemode=False,
            now=timezone.now(),
        )
    )


class Other(threading.Thread):
    """Another process: books for these merchants in one transaction of its own."""

    def __init__(self, *merchant_ids):
        super().__init__()
        self.merchant_ids, self.error, self.pid = merchant_ids, None, None

    def run(self):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (self.pid,) = cursor.fetchone()
                for merchant_id in self.merchant_ids:
                    book(merchant_id)
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def wait_until_it_waits(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.is_alive():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = %s)",
                    [self.pid or 0],
                )
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.01)
        raise AssertionError(f"it waits for nothing: {self.error}")


def test_two_transactions_book_for_new_merchants_in_opposite_order():
    first, second = new_id(), new_id()
    book(new_id())  # The provider's account and ours are there.
    other = Other(second, first)

    with transaction.atomic():
        book(first)
        other.start()
        other.wait_until_it_waits()
        book(second)
    other.join(timeout=30)

    assert other.error is None
    assert Account.objects.filter(owner_id__in=[first, second]).count() == 2
    assert Transfer.objects.count() == 2 + 8


@pytest.mark.parametrize("is_kept", [True, False])
def test_an_account_opened_by_two_at_once_is_one(is_kept):
    merchant_id = new_id()
    other = Other(merchant_id)

    with transaction.atomic():
        book(merchant_id)
        other.start()
        other.wait_until_it_waits()
        transaction.set_rollback(not is_kept)
    other.join(timeout=30)

    assert other.error is None
    assert Account.objects.count() == 3
    assert Transfer.objects.count() == (4 if is_kept else 2)


def test_who_books_to_accounts_that_are_there_waits_for_nobody():
    merchant_id = new_id()
    book(merchant_id)
    known_accounts.clear()
    other = Other(merchant_id)

    with transaction.atomic():
        book(new_id())
        other.start()
        other.join(timeout=30)

        assert not other.is_alive()
    assert other.error is None
