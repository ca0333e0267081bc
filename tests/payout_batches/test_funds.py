"""Before anybody approves a batch it is said whether the rails hold what it pays."""

import pytest

from apps.floats.models import FloatReading
from apps.payout_batches.selectors.check_floats import check_floats
from apps.payout_batches.selectors.sum_rails import sum_rails
from apps.providers.models import ProviderAccount
from tests.fakes import open_account

pytestmark = pytest.mark.django_db

LINES = [
    {"phone": "677 00 00 03", "amount": 1_000},
    {"phone": "677 00 00 04", "amount": 1_500},
    {"phone": "699 00 00 05", "amount": 700},
]


def holds(account, payable, clock):
    FloatReading.objects.create(
        provider_account=account, wallets={}, available=0, payable=payable, in_books=0,
        read_at=clock.now,
    )  # fmt: skip


def funds_of(batch, clock):
    rails = check_floats(batch, sum_rails(batch.pk), now=clock.now)
    return {one["operator"]: one["funds"] for one in rails}


def test_each_rail_says_whether_its_account_holds_enough(read, clock):
    batch = read(LINES)
    account = ProviderAccount.objects.get()
    assert funds_of(batch, clock) == {"mtn": "unknown", "orange": "unknown"}

    # Both go by this account: what they take together is what it must hold.
    holds(account, 3_199, clock)
    assert funds_of(batch, clock) == {"mtn": "short", "orange": "short"}
    clock.advance(minutes=1)
    holds(account, 3_200, clock)
    assert funds_of(batch, clock) == {"mtn": "enough", "orange": "enough"}

    clock.advance(minutes=61)
    assert funds_of(batch, clock) == {"mtn": "unknown", "orange": "unknown"}


def test_an_account_that_pays_nobody_is_not_known(read, clock):
    batch = read(LINES)
    holds(ProviderAccount.objects.get(), None, clock)

    assert funds_of(batch, clock) == {"mtn": "unknown", "orange": "unknown"}


def test_what_another_account_holds_does_not_count(read, clock):
    batch = read(LINES)
    holds(open_account(operations=["disburse"], priority=900), 1_000_000, clock)

    assert set(funds_of(batch, clock).values()) == {"unknown"}


def test_a_list_without_a_line_to_pay_asks_nothing(read, clock, django_assert_num_queries):
    batch = read([{"phone": "nobody", "amount": 1}])
    rails = sum_rails(batch.pk)

    with django_assert_num_queries(0):
        assert check_floats(batch, rails, now=clock.now) == []
