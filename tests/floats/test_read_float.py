"""What a provider says our wallets hold is kept beside what our books say; what it does not say is
asked again, and nobody guesses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.work.worker_loop import run_worker_loop
from apps.floats.due_work import DUE_READINGS, TOPIC
from apps.floats.models import FloatReading, FloatWatch
from apps.floats.selectors.find_low import find_low
from apps.floats.selectors.find_unread import find_unread
from apps.floats.selectors.payable_now import payable_now
from apps.floats.selectors.with_standing import with_standing
from apps.floats.services.read_float import AGAIN, EVERY, read_float
from apps.floats.services.watch_accounts import watch_accounts
from apps.providers.contract import OutcomeUnknown, ProviderMisbehaved, WalletBalance
from tests.factories import MerchantFactory
from tests.fakes import FAKE, FakeConnector, FakeProvider, open_account, register
from tests.killed import is_killed_at
from tests.payouts.conftest import give

pytestmark = pytest.mark.django_db


class TellingConnector(FakeConnector):
    """One whose rail says what our wallets hold: `provider.balances`, or an error."""

    def read_balances(self, currency):
        said = self._provider.balances
        if isinstance(said, Exception):
            raise said
        return said


def wallets(collected=0, to_pay=0, currency="XAF"):
    return [
        WalletBalance("collection", collected, currency, pays_out=False),
        WalletBalance("disbursement", to_pay, currency, pays_out=True),
    ]


@pytest.fixture
def provider(monkeypatch):
    provider = FakeProvider()
    provider.balances = wallets(4_000, 9_000)
    register(monkeypatch, {FAKE: (provider, TellingConnector)})
    return provider


@pytest.fixture
def account(provider):
    return open_account(operations=["collect", "disburse"])


@pytest.fixture
def read(account, clock):
    """Read it `after` the last time; answers the watch with its standing."""
    watch_accounts(now=clock.now)

    def once(**after):
        clock.advance(**after)
        FloatWatch.objects.update(due_at=clock.now)
        (item,) = DUE_READINGS.claim(limit=5, now=clock.now, done=())
        read_float(watch_id=item.id, leased_until=item.leased_until, now=clock.now)
        return with_standing(FloatWatch.objects.all(), now=clock.now).get()

    return once


def test_what_the_wallets_hold_stands_beside_our_books(read, account):
    give(MerchantFactory(), account, 10_000)

    standing = read()

    assert standing.wallets == {"collection": 4_000, "disbursement": 9_000}
    assert (standing.available, standing.payable, standing.in_books) == (13_000, 9_000, 10_000)
    assert (standing.difference, standing.difference_before) == (3_000, None)


def test_it_is_read_again_and_again_and_by_one_at_a_time(read, account, clock):
    watch = read()

    assert watch.due_at == clock.now + EVERY
    assert DUE_READINGS.claim(limit=5, now=clock.now, done=()) == []
    clock.advance(seconds=EVERY.total_seconds())
    (item,) = DUE_READINGS.claim(limit=5, now=clock.now, done=())
    # Somebody else was there meanwhile.
    read_float(
        watch_id=item.id, leased_until=item.leased_until - timedelta(seconds=1), now=clock.now
    )
    assert FloatReading.objects.count() == 1


@pytest.mark.parametrize("error", [OutcomeUnknown("HTTP 503"), ProviderMisbehaved("no amount")])
def test_a_provider_that_does_not_say_it_is_asked_again_and_somebody_is_told(
    read, provider, clock, error
):
    read()
    provider.balances = error

    watch = read(minutes=10)

    assert (watch.failures, watch.failure) == (1, str(error))
    assert watch.due_at == clock.now + AGAIN
    # The last reading stays what it is, with its time.
    assert (watch.payable, watch.read_at) == (9_000, clock.now - timedelta(minutes=10))
    assert list(find_unread({"age_s": 3600, "includes_test": 1}, clock.now)) == []
    read(minutes=61)
    (finding,) = find_unread({"age_s": 3600, "includes_test": 1}, clock.now)
    assert finding.facts["minutes"] == 61
    provider.balances = wallets(0, 1)
    assert read().failing_since is None
    assert list(find_unread({"age_s": 3600, "includes_test": 1}, clock.now)) == []


@pytest.mark.parametrize(
    "said",
    [
        [],
        wallets(currency="EUR"),
        wallets(to_pay=1.5),
        wallets(to_pay=10**16),
        wallets() * 11,
        ["nonsense"],
        None,
    ],
)
def test_what_is_no_balance_of_ours_is_never_kept(read, provider, said):
    provider.balances = said

    watch = read()

    assert watch.failures == 1
    assert not FloatReading.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_dies_with_the_answer_in_hand_leaves_it_to_be_read_again(read, account, clock):
    watch = FloatWatch.objects.get()

    assert is_killed_at(
        "floats.read.after_call",
        lambda: read_float(watch_id=watch.pk, leased_until=watch.due_at, now=clock.now),
    )

    assert not FloatReading.objects.exists()
    assert read(minutes=2).payable == 9_000


def test_a_closed_account_is_not_asked_and_one_opened_again_is(read, account, clock):
    account.is_active = False
    account.save()

    assert read().due_at is None

    assert watch_accounts(now=clock.now) == 0
    account.is_active = True
    account.save()
    assert watch_accounts(now=clock.now) == 1
    assert FloatWatch.objects.get().due_at == clock.now


def test_a_rail_that_says_no_balances_is_not_watched(clock, monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), FakeConnector)})
    open_account()

    assert watch_accounts(now=clock.now) == 0
    assert not FloatWatch.objects.exists()


def test_how_long_it_lasts_is_told_from_what_left(read, provider, clock):
    for to_pay in (9_000, 6_000, 8_000, 3_000):
        provider.balances = wallets(0, to_pay)
        standing = read(hours=8)

    # 3,000 and 5,000 left in a day; 2,000 came in between.
    assert standing.daily_outflow == Decimal(8_000)
    wanted = {"cover_days": 0.3, "includes_test": 1}
    assert list(find_low(wanted, clock.now)) == []
    (finding,) = find_low({**wanted, "cover_days": 0.5}, clock.now)
    assert finding.facts["amount"] == "3\u202f000 XAF"


def test_less_than_a_day_of_readings_says_nothing_of_how_long_it_lasts(read, provider, clock):
    read()
    provider.balances = wallets(0, 1)

    assert read(hours=23).daily_outflow is None
    assert list(find_low({"cover_days": 1, "includes_test": 1}, clock.now)) == []


def test_what_the_difference_changed_by_in_a_day_is_shown(read, provider, clock):
    read()
    provider.balances = wallets(4_000, 8_500)

    standing = read(hours=25)

    assert standing.difference - standing.difference_before == -500


def test_below_the_minimum_somebody_is_told(read, clock):
    read()
    FloatWatch.objects.update(minimum=9_000)
    wanted = {"cover_days": 1, "includes_test": 1}
    assert list(find_low(wanted, clock.now)) == []
    FloatWatch.objects.update(minimum=9_001)

    (finding,) = find_low(wanted, clock.now)

    assert finding.facts["account"]
    assert list(find_low({**wanted, "includes_test": 0}, clock.now)) == []


def test_what_was_read_an_hour_ago_says_nothing_of_now(read, account, clock):
    read()

    assert payable_now([account.pk], now=clock.now) == {account.pk: 9_000}
    assert payable_now([account.pk], now=clock.advance(minutes=61)) == {}


@pytest.mark.django_db(transaction=True)
def test_the_worker_reads_what_is_due(account, clock):
    watch_accounts(now=clock.now - timedelta(hours=1))

    run_worker_loop(TOPIC)

    assert FloatReading.objects.get().available == 13_000
