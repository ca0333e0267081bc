"""A part of what is paid is kept for a time, and released once, on its day."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.core.ttl_cache import clear_all
from apps.ledger.invariants import INVARIANTS
from apps.ledger.models import ReservedAmount, ReserveRelease, Transfer
from apps.ledger.rules.available_at import available_at
from apps.ledger.rules.postings import TransferKind
from apps.ledger.rules.reserve import reserve_of, reserved_until
from apps.ledger.selectors.read_balance import PendingDate, read_balance
from apps.ledger.services.hold import BalanceTooLow, hold
from apps.ledger.services.post import Booking, post_all
from apps.ledger.services.release_pending import PENDING, RESERVED, release_pending
from apps.merchants.models import Merchant
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.tests.corruption import lift_safeguards
from tests.factories import MerchantFactory
from tests.killed import is_killed_at
from tests.ledger.test_pending import account, broken_books, create, pay

__all__ = ["account", "broken_books", "create", "pay"]

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def amounts(merchant_id):
    """Available, held, pending and reserved."""
    found = read_balance(merchant_id=merchant_id, livemode=False)
    sides = (found.available, found.held, found.pending, found.reserved)
    return tuple(sum(money.amount for money in side) for side in sides)


def release_all(now):
    return sum(release_pending(now=now, of=of) for of in (PENDING, RESERVED))


@pytest.fixture
def merchant(db):
    return MerchantFactory(reserve_basis_points=1_000, reserve_days=30)


def test_of_a_payment_the_agreed_part_is_kept_and_released_on_its_day(
    clock, account, pay, merchant, broken_books
):
    account.settlement_delay_days = 0
    account.save()

    pay(merchant=merchant, amount=10_000)

    assert amounts(merchant.pk) == (8_820, 0, 0, 980)
    due = available_at(clock.now, delay_days=30, zone="Africa/Douala")
    [reserved] = read_balance(merchant_id=merchant.pk, livemode=False).reserved
    assert (reserved.amount, reserved.dates) == (980, [PendingDate(due, 980)])
    assert release_all(due - timedelta(seconds=1)) == 0
    clock.advance(seconds=(due - clock.now).total_seconds())
    assert [release_all(due), release_all(due)] == [1, 0]
    assert amounts(merchant.pk) == (9_800, 0, 0, 0)
    assert broken_books() == {}


def test_what_is_pending_is_pending_less_its_reserve(clock, pay, merchant, broken_books):
    pay(merchant=merchant, amount=10_000)

    assert amounts(merchant.pk) == (0, 0, 8_820, 980)
    assert dict(Transfer.objects.values_list("kind", "amount")) == {
        "pending_gross": 10_000, "pending_fee": 200, "pending_reserve": 980,
    }  # fmt: skip
    assert broken_books() == {}


def test_a_reserve_is_never_released_before_its_payment_is_available(clock):
    later = clock.now + 40 * DAY

    found = [
        reserved_until(
            clock.now, reserve_days=days, zone="Africa/Douala", payment_available_at=later
        )
        for days in (0, 30, 60)
    ]

    assert found == [None, later, available_at(clock.now, delay_days=60, zone="Africa/Douala")]


def test_what_waits_keeps_its_amount_and_day_when_the_terms_change(clock, pay, account, merchant):
    pay(merchant=merchant, amount=10_000)
    first = ReservedAmount.objects.get()

    Merchant.objects.filter(pk=merchant.pk).update(reserve_basis_points=500, reserve_days=60)
    clear_all()
    pay(merchant=merchant, amount=10_000)

    days = [available_at(clock.now, delay_days=days, zone=account.timezone) for days in (30, 60)]
    kept = ReservedAmount.objects.order_by("available_at").values_list("amount", "available_at")
    assert list(kept) == [(980, first.available_at), (490, days[1])]
    assert first.available_at == days[0]


@settings(max_examples=40)
@given(left=st.integers(-5, 10**15), basis_points=st.integers(0, 5_000))
def test_no_reserve_is_more_than_agreed(left, basis_points):
    kept = reserve_of(Money(max(left, 0), "XAF"), basis_points=basis_points).amount

    assert 0 <= max(left, 0) * basis_points - kept * 10_000 < 10_000


def book(merchant_id, amount, kept, *, now, days=1, pending_days=0):
    """A payment, of which `kept` is kept for so many days."""
    booking = Booking(
        {TransferKind.GROSS: Money(amount, "XAF"), TransferKind.RESERVE_HELD: Money(kept, "XAF")},
        merchant_id=merchant_id,
        source_id=new_id(),
        livemode=False,
        provider_account_id=new_id(),
        attempt_id=new_id(),
        available_at=now + pending_days * DAY if pending_days else None,
        reserved_until=now + max(days, pending_days) * DAY,
    )
    bulk_write(post_all([booking], now=now))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(1, 5_000), st.integers(0, 5_000), st.integers(1, 3)),
        st.tuples(st.sampled_from(["refund", "payout"]), st.integers(1, 5_000)),
        st.tuples(st.just("release"), st.integers(0, 2)),
    ),
    max_size=12,
)


def test_in_every_order_each_reserved_franc_is_released_once_and_not_early(clock):
    @settings(max_examples=10, database=None)
    @given(STEPS)
    def books_hold(taken):
        merchant_id, now = new_id(), clock.now
        available = held = 0
        waiting, pending = [], []
        for name, amount, *detail in taken:
            if name == "release":
                now += amount * DAY
                release_all(now)
                for rows in (waiting, pending):
                    available += sum(one for due, one in rows if due <= now)
                    rows[:] = [(due, one) for due, one in rows if due > now]
            elif name == "pay":
                basis_points, days = detail
                kept = reserve_of(Money(amount, "XAF"), basis_points=basis_points).amount
                is_pending = days == 3
                book(merchant_id, amount, kept, now=now, days=days, pending_days=2 * is_pending)
                if kept:
                    waiting.append((now + days * DAY, kept))
                if is_pending and amount > kept:
                    pending.append((now + 2 * DAY, amount - kept))
                elif not is_pending:
                    available += amount - kept
            else:
                try:
                    rows = hold(
                        TransferKind(f"{name}_held"), Money(amount, "XAF"), now=now,
                        merchant_id=merchant_id, source_id=new_id(), livemode=False,
                    )  # fmt: skip
                except BalanceTooLow:
                    assert amount > available
                    continue
                bulk_write(rows)
                available, held = available - amount, held + amount
            waits = (sum(one for _, one in pending), sum(one for _, one in waiting))
            assert amounts(merchant_id) == (available, held, *waits)
        ours = find_violations(now=now, among=INVARIANTS)
        assert [one.invariant.name for one in ours if one.violations] == []

    books_hold()


def test_the_next_dates_are_the_first_ten_with_all_of_each(clock):
    merchant_id = new_id()
    for days in [*range(1, 13), 2]:
        book(merchant_id, 1_000, 10 * days, now=clock.now, days=days)

    [reserved] = read_balance(merchant_id=merchant_id, livemode=False).reserved

    assert (reserved.amount, len(reserved.dates)) == (800, 10)
    assert reserved.dates[:3] == [
        PendingDate(clock.now + days * DAY, kept) for days, kept in ((1, 10), (2, 40), (3, 30))
    ]
    assert reserved.dates[-1] == PendingDate(clock.now + 10 * DAY, 100)


@pytest.mark.django_db(transaction=True)
def test_a_release_killed_before_its_booking_released_nothing_and_is_made_once(clock):
    merchant_id = new_id()
    book(merchant_id, 1_000, 100, now=clock.now)
    clock.advance(days=1)

    place = "ledger.post.before_insert"
    assert is_killed_at(place, lambda: release_pending(now=clock.now, of=RESERVED))

    assert (ReserveRelease.objects.count(), amounts(merchant_id)) == (0, (900, 0, 0, 100))
    assert [release_all(clock.now), release_all(clock.now)] == [1, 0]
    assert amounts(merchant_id) == (1_000, 0, 0, 0)


OURS = [one for one in INVARIANTS if one.id == "I24"]
AS_BOOKED, IN_BOUNDS, AS_WAITING, AS_SUMMED, BOOKED_ONCE, IN_TIME = OURS
WAITING = "UPDATE ledger_reservedamount SET {} WHERE release_id IS NULL"
OTHER = "'00000000-0000-4000-8000-000000000001'"
CORRUPTIONS = {
    "more is kept": ({AS_BOOKED, AS_WAITING}, WAITING.format("amount = amount + 1")),
    "all and more": ({IN_BOUNDS}, WAITING.format("amount = 1001")),
    "forgotten": (
        {AS_BOOKED, AS_WAITING},
        "DELETE FROM ledger_reservedamount WHERE release_id IS NULL",
    ),
    "another merchant's": ({AS_BOOKED, AS_WAITING}, WAITING.format(f"merchant_id = {OTHER}")),
    "never held": ({AS_BOOKED}, "DELETE FROM ledger_transfer WHERE kind = 'reserve_held'"),
    "to be released twice": (
        {AS_WAITING, AS_SUMMED},
        "UPDATE ledger_reservedamount SET release_id = NULL WHERE release_id IS NOT NULL",
    ),
    "another sum": (
        {AS_SUMMED, BOOKED_ONCE},
        "UPDATE ledger_reserverelease SET amount = amount + 1",
    ),
    "a release not booked": (
        {BOOKED_ONCE, AS_WAITING},
        "DELETE FROM ledger_transfer WHERE kind = 'reserve_released'",
    ),
    "released too early": (
        {IN_TIME},
        "UPDATE ledger_reserverelease SET created_at = available_at - interval '1 s'",
    ),
    "never released": ({IN_TIME}, WAITING.format("available_at = now() - interval '40 years'")),
}


def test_whatever_a_hand_does_to_a_reserve_the_check_of_the_books_names_it(clock):
    def broken():
        found = find_violations(now=clock.now, among=OURS)
        return {one.invariant for one in found if one.violations}

    merchant_id = new_id()
    for days in (1, 2):
        book(merchant_id, 1_000, 100, now=clock.now, days=days)
    clock.advance(days=1)
    assert release_all(clock.now) == 1
    assert broken() == set()
    assert set.union(*(found for found, _ in CORRUPTIONS.values())) == set(OURS)
    lift_safeguards()
    with connection.cursor() as cursor:
        for name, (expected, statement) in CORRUPTIONS.items():
            cursor.execute("SAVEPOINT whole")
            cursor.execute(statement)
            assert cursor.rowcount, name
            assert expected <= broken(), name
            cursor.execute("ROLLBACK TO SAVEPOINT whole")
