"""No more is kept in reserve than its cap, and no less than its share as long as there is room."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.core.ttl_cache import clear_all
from apps.ledger.invariants import INVARIANTS
from apps.ledger.models import ReservedAmount
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.hold import BalanceTooLow, hold
from apps.ledger.services.post import Booking, post_all
from apps.merchants.models import Merchant
from apps.reconciliation.selectors.find_violations import find_violations
from tests.factories import MerchantFactory
from tests.ledger.test_pending import account, broken_books, create, pay
from tests.ledger.test_reserve import amounts, release_all

__all__ = ["account", "broken_books", "create", "pay"]

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def payment(merchant_id, amount, kept, *, cap, now, days=1, is_pending=False):
    """A payment, of which `kept` is the share for so many days."""
    return Booking(
        {TransferKind.GROSS: Money(amount, "XAF"), TransferKind.RESERVE_HELD: Money(kept, "XAF")},
        merchant_id=merchant_id,
        source_id=new_id(),
        livemode=False,
        provider_account_id=new_id(),
        attempt_id=new_id(),
        available_at=now + DAY if is_pending else None,
        reserved_until=now + days * DAY,
        reserve_cap=cap,
    )


def reserved(merchant_id):
    return amounts(merchant_id)[3]


def test_what_the_cap_leaves_no_room_for_is_the_merchants_at_once(clock, pay, broken_books):
    merchant = MerchantFactory(reserve_basis_points=1_000, reserve_days=30, reserve_cap=1_500)

    for _ in range(3):
        pay(merchant=merchant, amount=10_000)

    kept = ReservedAmount.objects.order_by("id").values_list("amount", flat=True)
    assert list(kept) == [980, 520]
    assert amounts(merchant.pk) == (0, 0, 3 * 9_800 - 1_500, 1_500)
    clock.advance(days=40)
    release_all(clock.now)
    pay(merchant=merchant, amount=10_000)
    assert reserved(merchant.pk) == 980
    assert broken_books() == {}


def test_a_lower_cap_frees_nothing_and_keeps_nothing_more(pay, broken_books):
    merchant = MerchantFactory(reserve_basis_points=1_000, reserve_days=30, reserve_cap=5_000)
    pay(merchant=merchant, amount=10_000)

    Merchant.objects.filter(pk=merchant.pk).update(reserve_cap=100)
    clear_all()
    pay(merchant=merchant, amount=10_000)

    assert reserved(merchant.pk) == 980
    assert broken_books() == {}


def test_without_a_cap_nothing_is_locked_and_nothing_more_is_asked(clock):
    def queries(cap):
        booking = payment(new_id(), 1_000, 100, cap=cap, now=clock.now)
        with CaptureQueriesContext(connection) as asked:
            post_all([booking], now=clock.now)
        return len(asked)

    queries(None)

    assert queries(1_000) == queries(None) + 2


STEPS = st.lists(
    st.one_of(
        # Payments that are booked together: amount, kept for so many days, of a rail that pays
        # later.
        st.tuples(
            st.just("pay"),
            st.lists(
                st.tuples(st.integers(1, 5_000), st.integers(1, 3), st.booleans()),
                min_size=1,
                max_size=3,
            ),
        ),
        st.tuples(st.sampled_from(["refund", "dispute"]), st.integers(1, 5_000)),
        st.tuples(st.just("release"), st.integers(0, 2)),
        st.tuples(st.just("cap"), st.sampled_from([None, 1, 700, 2_000])),
    ),
    max_size=12,
)


def test_in_every_order_the_reserve_is_what_the_share_and_its_cap_say(clock):
    @settings(max_examples=15, database=None)
    @given(st.integers(1, 5_000), STEPS)
    def holds(basis_points, taken):
        merchant_id, now, cap = new_id(), clock.now, 700
        waiting = []
        for name, said in taken:
            before = sum(one for _, one in waiting)
            if name == "cap":
                cap = said
            elif name == "release":
                now += said * DAY
                release_all(now)
                waiting = [(due, one) for due, one in waiting if due > now]
            elif name == "pay":
                together = []
                for amount, days, is_pending in said:
                    share = amount * basis_points // 10_000
                    together.append(
                        payment(
                            merchant_id, amount, share, cap=cap, now=now, days=days,
                            is_pending=is_pending,
                        )
                    )  # fmt: skip
                    held = sum(one for _, one in waiting)
                    kept = share if cap is None else min(share, max(cap - held, 0))
                    waiting.append((now + days * DAY, kept))
                bulk_write(post_all(together, now=now))
            else:
                try:
                    bulk_write(
                        hold(
                            TransferKind.REFUND_HELD, Money(said, "XAF"), now=now,
                            merchant_id=merchant_id, source_id=new_id(), livemode=False,
                        )
                        if name == "refund"
                        else post_all(
                            [
                                Booking(
                                    {TransferKind.DISPUTE_HELD: Money(said, "XAF")},
                                    merchant_id, new_id(), False,
                                )
                            ],
                            now=now,
                        )
                    )  # fmt: skip
                except BalanceTooLow:
                    continue
            after = reserved(merchant_id)
            assert after == sum(one for _, one in waiting)
            assert cap is None or after <= max(cap, before)
        ours = find_violations(now=now, among=INVARIANTS)
        assert [one.invariant.name for one in ours if one.violations] == []

    holds()


@pytest.mark.django_db(transaction=True)
def test_payments_booked_at_once_never_keep_more_than_the_cap(clock):
    shops, broken, together = [new_id(), new_id()], [], 4
    start = threading.Barrier(together)

    def book(number):
        # In opposite orders: none waits for one that waits for it.
        order = shops if number % 2 else shops[::-1]
        try:
            start.wait()
            for _ in range(5):
                with transaction.atomic():
                    bookings = [
                        payment(shop, 1_000, 90, cap=1_000, now=clock.now) for shop in order
                    ]
                    bulk_write(post_all(bookings, now=clock.now))
        except Exception as error:
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=book, args=[number]) for number in range(together)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert broken == []
    assert [reserved(shop) for shop in shops] == [1_000, 1_000]
