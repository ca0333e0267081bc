"""A balance is the sum of what is committed, whatever clocks say and however late it commits."""

from datetime import timedelta
from itertools import count

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditEntry
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.ledger.invariants import INVARIANTS
from apps.ledger.models import Account, AccountKind, BalanceSnapshot, Transfer, TransferKind
from apps.ledger.selectors.read_balance import read_balance
from apps.ledger.services.retake_snapshots import retake_snapshots
from apps.ledger.services.take_snapshots import take_snapshots
from apps.reconciliation.selectors.find_violations import find_violations
from tests.ledger.horizon import wait_for_older_transactions
from tests.query_plans import plan_of, rows_of

pytestmark = pytest.mark.django_db(transaction=True)

HOST_AHEAD, HOST_BEHIND = timedelta(minutes=75), timedelta(minutes=-75)


class Shop:
    """A merchant's account, what is collected for it and what it is charged, booked by hand."""

    def __init__(self):
        self.merchant_id = new_id()
        self.payable = _account(AccountKind.MERCHANT_PAYABLE, self.merchant_id)
        self.clearing = _account(AccountKind.PROVIDER_CLEARING, new_id())
        self.fees = _account(AccountKind.FEE_REVENUE, new_id())

    def book(self, amount, *, on=connection, clock_error=timedelta(0)):
        """`amount` to the merchant, or from it when negative."""
        if amount > 0:
            way, kind = (self.clearing, self.payable), "gross"
        else:
            way, kind = (self.payable, self.fees), "fee"
        with on.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_transfer (id, from_account_id, to_account_id, amount, currency,"
                " kind, source_id, created_at) VALUES (%s, %s, %s, %s, 'XAF', %s, %s, %s)",
                [new_id(), *way, abs(amount), kind, new_id(), timezone.now() + clock_error],
            )

    @property
    def balance(self):
        [owed] = read_balance(merchant_id=self.merchant_id, livemode=False).available
        return owed.amount


def _account(kind, owner_id):
    account = Account.objects.create(kind=kind, owner_id=owner_id, currency="XAF", livemode=False)
    return account.pk


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def connect():
    """Further connections, each with its own transactions."""
    opened = []

    def open_one():
        opened.append(connection.copy())
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def broken():
    """What is wrong with the ledger; that nothing here books a payment is no matter."""
    return [
        found.invariant.name
        for found in find_violations(now=timezone.now(), among=INVARIANTS)
        if found.violations
    ]


def test_a_transfer_committed_after_the_snapshot_counts(shop, connect):
    late = connect()
    late.set_autocommit(False)
    shop.book(24_500, on=late, clock_error=-timedelta(days=30))
    shop.book(29_400)

    take_snapshots()
    late.commit()

    assert shop.balance == 53_900
    wait_for_older_transactions()
    assert take_snapshots() == 2
    assert shop.balance == 53_900
    assert broken() == []


@pytest.mark.parametrize("clock_error", [HOST_AHEAD, HOST_BEHIND])
def test_a_host_with_a_wrong_clock_changes_no_balance(shop, monkeypatch, clock_error):
    shop.book(1_000, clock_error=clock_error)
    wrong = timezone.now() + clock_error
    with monkeypatch.context() as there:
        there.setattr("django.utils.timezone.now", lambda: wrong)
        take_snapshots()
    shop.book(500)
    shop.book(-200, clock_error=clock_error)

    assert shop.balance == 1_300
    take_snapshots()
    assert shop.balance == 1_300
    assert broken() == []


def test_what_was_rolled_back_never_counts(shop, connect):
    other = connect()
    other.set_autocommit(False)
    shop.book(700)
    shop.book(5_000, on=other)

    take_snapshots()
    other.rollback()
    take_snapshots()

    assert shop.balance == 700


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("book"),
            st.integers(0, 2),
            st.integers(-5_000, 5_000).filter(bool),
            st.sampled_from([HOST_AHEAD, HOST_BEHIND, timedelta(0)]),
        ),
        st.tuples(st.sampled_from(["commit", "rollback"]), st.integers(0, 2)),
        st.tuples(st.just("snapshot")),
    ),
    max_size=30,
)


def test_in_every_order_of_booking_committing_and_snapshots_each_transfer_counts_once(connect):
    hands = [connect() for _ in range(3)]
    for hand in hands:
        hand.set_autocommit(False)

    @settings(max_examples=60, database=None)
    @given(steps)
    def balance_is_what_is_committed(taken):
        shop, committed, pending = Shop(), 0, [0, 0, 0]
        for name, *details in taken:
            if name == "snapshot":
                take_snapshots()
            elif name == "book":
                hand, amount, clock_error = details
                shop.book(amount, on=hands[hand], clock_error=clock_error)
                pending[hand] += amount
            else:
                [hand] = details
                getattr(hands[hand], name)()
                committed += pending[hand] if name == "commit" else 0
                pending[hand] = 0
            assert shop.balance == committed
        for hand in hands:
            hand.rollback()
        take_snapshots()
        assert shop.balance == committed

    balance_is_what_is_committed()
    assert broken() == []


@pytest.mark.usefixtures("new_tables")
def test_reading_a_balance_is_one_query_that_does_not_grow_with_history(shop):
    Transfer.objects.bulk_create(
        Transfer(
            from_account_id=shop.clearing,
            to_account_id=shop.payable,
            amount=1,
            currency="XAF",
            kind=TransferKind.GROSS,
            source_id=new_id(),
            created_at=timezone.now(),
        )
        for _ in range(5_000)
    )
    wait_for_older_transactions()
    take_snapshots()
    shop.book(7)

    with CaptureQueriesContext(connection) as sent:
        assert shop.balance == 5_007

    [query] = sent.captured_queries
    plan = plan_of(query["sql"])
    assert rows_of(plan, "ledger_transfer") < 500, plan


def test_a_snapshot_is_taken_only_of_what_moved(shop):
    shop.book(100)
    wait_for_older_transactions()

    assert take_snapshots() == 2
    assert take_snapshots() == 0


def test_a_wrong_snapshot_is_taken_back_by_a_command(shop):
    shop.book(100)
    wait_for_older_transactions()
    take_snapshots()
    BalanceSnapshot.objects.update(balance=1)
    assert shop.balance == 1
    assert "what GET balance says is the sum of the transfers" in broken()

    call_command("retake_snapshots")

    assert shop.balance == 100
    assert broken() == []
    entry = AuditEntry.objects.get(action="balance_snapshots.retake")
    assert entry.detail == {"deleted": 2, "taken": 2, "transfers_adopted": 0}


def test_taking_snapshots_back_disturbs_no_booking_and_counts_it(shop, connect):
    shop.book(100)
    take_snapshots()
    open_booking = connect()
    open_booking.set_autocommit(False)
    shop.book(30, on=open_booking)

    retake_snapshots(actor="system", now=timezone.now())
    open_booking.commit()

    assert shop.balance == 130
    assert broken() == []


@pytest.mark.parametrize("by_command", [True, False])
def test_after_a_restore_onto_a_younger_server_balances_are_right(shop, by_command):
    shop.book(100)
    wait_for_older_transactions()
    take_snapshots()
    shop.book(20)
    # What pg_restore brings: numbers this server has yet to give.
    Transfer.objects.update(database_transaction="9000000000000000")
    BalanceSnapshot.objects.update(horizon="9000000000000001", balance=100)
    shop.book(3)

    assert shop.balance == 123
    wait_for_older_transactions()
    if by_command:
        call_command("retake_snapshots")
        assert BalanceSnapshot.objects.filter(balance=123).count() == 1
    else:
        take_snapshots()
    assert not BalanceSnapshot.objects.filter(horizon__gt="8000000000000000").exists()
    assert shop.balance == 123
    assert broken() == []


def test_snapshots_are_thinned_to_one_an_hour_and_after_two_days_to_one_a_day(shop):
    numbers = count(1)
    day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    long_ago, yesterday = day - timedelta(days=9), day - timedelta(days=1)
    for begin in (long_ago, yesterday):
        for ten_minutes in range(24 * 6):
            BalanceSnapshot.objects.create(
                account_id=shop.payable,
                balance=0,
                horizon=str(next(numbers)),
                taken_at=begin + timedelta(minutes=10 * ten_minutes),
            )
    shop.book(100)
    wait_for_older_transactions()

    take_snapshots()

    kept = BalanceSnapshot.objects.filter(account_id=shop.payable)
    assert kept.filter(taken_at__lt=yesterday).count() == 1
    assert kept.filter(taken_at__gte=yesterday, taken_at__lt=day).count() == 24
    assert kept.get(taken_at__lt=yesterday).taken_at == long_ago + timedelta(hours=23, minutes=50)
    assert Money(shop.balance, "XAF") == Money(100, "XAF")
