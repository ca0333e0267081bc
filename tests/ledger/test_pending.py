"""What a rail pays later is pending until its day, and is released once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.disputes.services.open_dispute import DisputeOrder, open_dispute
from apps.ledger.invariants import INVARIANTS
from apps.ledger.models import Balance, PendingAmount, Release, Transfer
from apps.ledger.rules.available_at import available_at
from apps.ledger.rules.postings import TransferKind
from apps.ledger.selectors.list_movements import MovementFilter, list_movements
from apps.ledger.selectors.read_balance import PendingDate, read_balance
from apps.ledger.services import release_pending as release_pending_module
from apps.ledger.services.hold import BalanceTooLow, hold
from apps.ledger.services.post import Booking, post, post_all
from apps.ledger.services.release_pending import release_pending
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment
from apps.payments.services.book_late_success import book_late_success
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from apps.providers.models import ProviderAccount
from apps.reconciliation.selectors.find_violations import find_violations
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.factories import MerchantFactory
from tests.fakes import open_account, submit_due
from tests.payments.conftest import broken_books, create

__all__ = ["broken_books", "create"]

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def account(provider):
    return open_account(
        settlement_delay_days=2,
        timezone="Africa/Douala",
        operations=["collect", "refund", "disburse"],
    )


@pytest.fixture
def pay(clock, account, create):
    def pay_one(**fields):
        payment = create(**fields)
        submit_due(clock.now)
        apply_reply(
            attempt_id=payment.attempts.get().pk,
            answer=ProviderResult(Outcome.SUCCEEDED, provider_reference=f"MP{payment.pk.hex}"),
            source="poll",
            now=clock.now,
        )
        return Payment.objects.get(pk=payment.pk)

    return pay_one


def amounts(merchant_id):
    """Available, held and pending."""
    found = read_balance(merchant_id=merchant_id, livemode=False)
    return tuple(
        sum(money.amount for money in side) for side in (found.available, found.held, found.pending)
    )


def release_all(now):
    total = 0
    while released := release_pending(now=now):
        total += released
    return total


@pytest.mark.parametrize(
    ("paid_at", "delay_days", "zone", "expected"),
    [
        # Douala is an hour ahead of UTC: it is the next day there already.
        ("2026-11-26T23:30", 1, "Africa/Douala", "2026-11-27T23:00"),
        ("2026-11-26T22:59", 1, "Africa/Douala", "2026-11-26T23:00"),
        ("2026-11-26T23:30", 1, "Africa/Abidjan", "2026-11-27T00:00"),
        ("2028-02-28T12:00", 2, "Africa/Abidjan", "2028-03-01T00:00"),
    ],
)
def test_a_day_is_the_calendars_where_the_rail_is(paid_at, delay_days, zone, expected):
    instant = datetime.fromisoformat(paid_at).replace(tzinfo=UTC)

    found = available_at(instant, delay_days=delay_days, zone=zone)

    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_without_a_delay_it_is_available_at_once(clock):
    assert available_at(clock.now, delay_days=0, zone="Africa/Douala") is None


def test_what_is_paid_with_a_delay_is_pending_less_its_fee(clock, pay, broken_books):
    payment = pay(amount=10_000)

    assert amounts(payment.merchant_id) == (0, 0, 9_800)
    due = available_at(clock.now, delay_days=2, zone="Africa/Douala")
    [pending] = read_balance(merchant_id=payment.merchant_id, livemode=False).pending
    assert pending.dates == [PendingDate(due, 9_800)]
    booked = dict(Transfer.objects.values_list("kind", "amount"))
    assert booked == {"pending_gross": 10_000, "pending_fee": 200}
    assert broken_books() == {}


def test_without_a_delay_nothing_is_written_but_what_was(pay, account):
    account.settlement_delay_days = 0
    account.save()

    payment = pay(amount=10_000)

    assert amounts(payment.merchant_id) == (9_800, 0, 0)
    assert set(Transfer.objects.values_list("kind", flat=True)) == {"gross", "fee"}
    assert not PendingAmount.objects.exists()


@pytest.mark.parametrize(("own", "is_pending"), [(0, False), (7, True)])
def test_a_merchants_own_delay_goes_before_the_rails(clock, pay, account, own, is_pending):
    merchant = MerchantFactory(fee_basis_points=0, settlement_delay_days=own)

    pay(merchant=merchant, amount=5_000)

    assert amounts(merchant.pk) == ((0, 0, 5_000) if is_pending else (5_000, 0, 0))
    if is_pending:
        expected = available_at(clock.now, delay_days=own, zone=account.timezone)
        assert PendingAmount.objects.get().available_at == expected


def test_its_day_come_it_is_available_by_one_transfer_for_all_of_the_day(clock, pay, broken_books):
    merchant = MerchantFactory(fee_basis_points=200)
    for _ in range(3):
        pay(merchant=merchant, amount=10_000)
    due = PendingAmount.objects.first().available_at

    assert release_all(due - timedelta(seconds=1)) == 0
    assert amounts(merchant.pk) == (0, 0, 29_400)
    assert release_all(due) == 1
    assert release_all(due) == 0

    assert amounts(merchant.pk) == (29_400, 0, 0)
    release = Release.objects.get()
    assert (release.amount, release.count, release.available_at) == (29_400, 3, due)
    transfer = Transfer.objects.get(kind="released")
    assert (transfer.amount, transfer.source_id) == (29_400, release.pk)
    clock.now = due
    assert broken_books() == {}


def test_a_release_is_among_the_movements_and_what_waits_is_not(pay):
    payment = pay(amount=10_000)
    release_all(PendingAmount.objects.get().available_at)

    page = list_movements(
        merchant_id=payment.merchant_id, livemode=False, wanted=MovementFilter(), limit=10
    )

    assert [(one.kind, one.direction, one.amount) for one in page.rows] == [
        ("released", "in", 9_800)
    ]


def test_what_is_paid_for_a_day_already_released_is_released_next(clock, pay, broken_books):
    merchant = MerchantFactory(fee_basis_points=0)
    pay(merchant=merchant, amount=1_000)
    due = PendingAmount.objects.get().available_at
    release_all(due)
    # A host whose clock is behind books for the same day.
    pay(merchant=merchant, amount=500)

    assert release_all(due) == 1

    assert amounts(merchant.pk) == (1_500, 0, 0)
    assert sorted(Release.objects.values_list("amount", flat=True)) == [500, 1_000]
    clock.now = due
    assert broken_books() == {}


def test_a_delay_changed_meanwhile_moves_nothing_that_waits(pay, account):
    payment = pay(amount=1_000)
    due = PendingAmount.objects.get().available_at

    ProviderAccount.objects.filter(pk=account.pk).update(settlement_delay_days=0)

    assert PendingAmount.objects.get().available_at == due
    assert release_all(due - timedelta(seconds=1)) == 0
    assert release_all(due) == 1
    assert amounts(payment.merchant_id)[2] == 0


def test_a_merchant_that_was_disabled_gets_what_is_its_own(pay):
    merchant = MerchantFactory(fee_basis_points=0)
    pay(merchant=merchant, amount=1_000)
    merchant.is_active = False
    merchant.save()

    release_all(PendingAmount.objects.get().available_at)

    assert amounts(merchant.pk) == (1_000, 0, 0)


def test_what_is_late_is_pending_from_when_two_people_booked_it(clock, account, create):
    payment = create(amount=10_000)
    submit_due(clock.now)
    attempt = payment.attempts.get()
    failed = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYER_DECLINED)
    apply_reply(attempt_id=attempt.pk, answer=failed, source="poll", now=clock.now)
    booked_at = clock.now + 3 * DAY

    book_late_success(
        attempt_id=attempt.pk,
        amount=10_000,
        requested_by="user:1",
        approved_by="user:2",
        now=booked_at,
    )

    expected = available_at(booked_at, delay_days=2, zone=account.timezone)
    assert PendingAmount.objects.get().available_at == expected
    assert amounts(payment.merchant_id) == (0, 0, 9_800)


def test_a_refund_is_taken_from_what_is_available_alone(clock, pay):
    payment = pay(amount=10_000)

    with pytest.raises(BalanceTooLow), transaction.atomic():
        create_refund(
            payment_id=payment.pk, order=RefundOrder(amount=1_000), source="api", now=clock.now
        )
    assert amounts(payment.merchant_id) == (0, 0, 9_800)

    release_all(PendingAmount.objects.get().available_at)
    create_refund(
        payment_id=payment.pk, order=RefundOrder(amount=1_000), source="api", now=clock.now
    )
    assert amounts(payment.merchant_id) == (8_800, 1_000, 0)


def test_a_dispute_holds_its_amount_though_it_is_pending(clock, pay, broken_books):
    payment = pay(amount=10_000)

    open_dispute(
        payment_id=payment.pk,
        order=DisputeOrder(reason="fraud", amount=4_000),
        opened_by="provider",
        now=clock.now,
    )

    assert amounts(payment.merchant_id) == (-4_000, 4_000, 9_800)
    due = PendingAmount.objects.get().available_at
    release_all(due)
    assert amounts(payment.merchant_id) == (5_800, 4_000, 0)
    clock.now = due
    assert "a merchant's pending balance is what waits to be released" not in broken_books()


def test_what_a_fee_took_whole_leaves_nothing_pending(pay, broken_books):
    merchant = MerchantFactory(fee_basis_points=10_000)

    pay(merchant=merchant, amount=1_000)

    assert amounts(merchant.pk) == (0, 0, 0)
    assert not PendingAmount.objects.exists()
    assert broken_books() == {}


def book(merchant_id, amount, due, *, account_id, currency="XAF", livemode=False):
    booking = Booking(
        {TransferKind.GROSS: Money(amount, currency)},
        merchant_id=merchant_id,
        source_id=new_id(),
        livemode=livemode,
        provider_account_id=account_id,
        attempt_id=new_id(),
        available_at=due,
    )
    bulk_write(post_all([booking], now=due - DAY))


def test_rails_currencies_and_modes_are_released_apart(clock):
    merchant_id, rails = new_id(), (new_id(), new_id())
    for rail in rails:
        book(merchant_id, 100, clock.now, account_id=rail)
    book(merchant_id, 20, clock.now, account_id=rails[0], currency="XOF")
    book(merchant_id, 3, clock.now, account_id=rails[0], livemode=True)

    assert release_all(clock.now) == 4

    of_test = read_balance(merchant_id=merchant_id, livemode=False).available
    of_live = read_balance(merchant_id=merchant_id, livemode=True).available
    assert of_test == [Money(200, "XAF"), Money(20, "XOF")]
    assert of_live == [Money(3, "XAF")]


def test_queries_of_a_release_do_not_grow_with_what_is_released(clock, monkeypatch):
    def queries_of(count):
        for _ in range(count):
            book(new_id(), 100, clock.now, account_id=new_id())
        with CaptureQueriesContext(connection) as sent:
            assert release_pending(now=clock.now) == count
        return len(sent)

    assert queries_of(20) == queries_of(2)

    monkeypatch.setattr(release_pending_module, "GROUPS_MAX", 3)
    for _ in range(7):
        book(new_id(), 100, clock.now, account_id=new_id())
    assert [release_pending(now=clock.now) for _ in range(4)] == [3, 3, 1, 0]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(1, 5_000), st.integers(0, 3)),
        st.tuples(
            st.sampled_from(["refund", "payout", "dispute"]),
            st.integers(1, 5_000),
            st.sampled_from(["sent", "returned", "open"]),
        ),
        st.tuples(st.just("release"), st.integers(0, 2), st.just(0)),
    ),
    max_size=15,
)


def test_in_every_order_each_pending_franc_is_released_once_and_all_sums_to_zero(clock):
    @settings(max_examples=10, database=None)
    @given(steps)
    def books_hold(taken):
        merchant_id, account_id, now = new_id(), new_id(), clock.now
        available = held = pending = 0
        waiting = []
        for name, amount, detail in taken:
            if name == "release":
                now += timedelta(days=amount)
                release_all(now)
                due = [one for one in waiting if one[0] <= now]
                waiting = [one for one in waiting if one[0] > now]
                available += sum(one[1] for one in due)
                pending -= sum(one[1] for one in due)
            elif name == "pay":
                later = now + timedelta(days=detail) if detail else None
                booking = Booking(
                    {TransferKind.GROSS: Money(amount, "XAF")},
                    merchant_id=merchant_id,
                    source_id=new_id(),
                    livemode=False,
                    provider_account_id=account_id,
                    available_at=later,
                )
                bulk_write(post_all([booking], now=now))
                if later:
                    waiting.append((later, amount))
                    pending += amount
                else:
                    available += amount
            else:
                source_id, money = new_id(), Money(amount, "XAF")
                own = {"merchant_id": merchant_id, "source_id": source_id, "livemode": False}
                if name == "dispute":
                    rows = post({TransferKind.DISPUTE_HELD: money}, now=now, **own)
                else:
                    kind = TransferKind(f"{name}_held")
                    try:
                        rows = hold(kind, money, now=now, **own)
                    except BalanceTooLow:
                        assert amount > available
                        continue
                bulk_write(rows)
                available -= amount
                held += amount
                if detail != "open":
                    ended = "lost" if (name, detail) == ("dispute", "sent") else detail
                    kind = TransferKind(f"{name}_{ended}")
                    bulk_write(post({kind: money}, provider_account_id=account_id, now=now, **own))
                    held -= amount
                    available += amount if detail == "returned" else 0
            assert amounts(merchant_id) == (available, held, pending)
        release_all(now + 10 * DAY)
        assert amounts(merchant_id) == (available + pending, held, 0)
        assert sum(Balance.objects.values_list("amount", flat=True)) == 0

    books_hold()
    found = find_violations(now=clock.now, among=INVARIANTS)
    assert [one.invariant.name for one in found if one.violations] == []
