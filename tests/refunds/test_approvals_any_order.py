"""Payouts and refunds that wait for approval: in any order of what people, clocks and crashes do to
them, and all at once, each is sent once or given back once, and the books are clean."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.approvals.models import Approval, ApprovalRequest, ApprovalRule
from apps.approvals.services.decide_approval import decide_approval
from apps.approvals.services.decide_for_merchant import decide_for_merchant
from apps.core.errors import DomainError
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.ledger.models import Balance
from apps.merchants import scopes
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.payouts.models import Payout
from apps.payouts.services.cancel_payout import cancel_payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.contract import Outcome
from apps.refunds.models import Refund
from apps.refunds.services.cancel_refund import cancel_refund
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.api.conftest import Shop
from tests.factories import MerchantFactory, PaymentFactory, charge
from tests.fakes import FAKE, open_account, register, submit_due
from tests.killed import is_killed_at
from tests.payout_batch_runs.test_api import caller
from tests.payouts.fakes import PayingConnector, PayingProvider
from tests.payouts.test_payout_approvals import expire_due, person
from tests.tries import examples

COLLECTED = 10_000
ACTIONS = ("payout.send", "refund.send")


class World:
    """A merchant with a payment, and what it has made."""

    def __init__(self, provider, now):
        clear_all()
        provider.__init__()
        self.provider, self.now = provider, now
        self.merchant = MerchantFactory(created_at=now)
        account = open_account(operations=["collect", "refund", "disburse"])
        self.payment = PaymentFactory(
            merchant=self.merchant,
            account=account,
            amount=COLLECTED,
            fee=0,
            succeeded=True,
            created_at=now,
        )
        tax = Decimal(1925)
        charge(
            self.merchant,
            {"operation": "refund", "fixed": 25, "tax_basis_points": tax},
            {"operation": "disburse", "basis_points": Decimal(100), "tax_basis_points": tax},
        )
        for action in ACTIONS:
            ApprovalRule.objects.create(
                name=action,
                action=action,
                changed_at=now,
                keys_may_decide=True,
                currency="XAF",
                amount_min=1_000,
                steps=[{"persons": 1, "group": None}],
            )
        clear_all()
        every = list(scopes.ALL)
        self.maker = caller(Shop(self.merchant, scopes=every).api_key)
        # Who may make such things decides none of them.
        decides = [one for one in every if one not in scopes.APPROVED_BY_OTHERS]
        self.checker = caller(Shop(self.merchant, scopes=decides).api_key)
        self.staff = person(f"awa {self.merchant.pk}")

    # --- What happens

    def pay_out(self, amount):
        return create_payout(
            merchant=self.merchant,
            livemode=False,
            request=PayoutRequest(money=Money(amount, "XAF"), phone="677000003"),
            now=self.now,
            caller=self.maker,
        )

    def give_back(self, amount):
        return create_refund(
            payment_id=self.payment.pk,
            order=RefundOrder(amount=amount),
            source="api",
            now=self.now,
            caller=self.maker,
        )

    def approve(self, n):
        self._by_key(n, is_approved=True)

    def approve_oneself(self, n):
        self._by_key(n, is_approved=True, caller=self.maker)

    def reject(self, n):
        self._by_key(n, is_approved=False)

    def decide_as_staff(self, n):
        asked = self._one(n, ApprovalRequest.objects.order_by("id"))
        decide_approval(
            request_id=asked.pk,
            is_approved=n % 3 > 0,
            shown_digest=bytes(asked.digest),
            decided_by=self.staff,
            reason="As agreed",
            now=self.now,
        )

    def cancel(self, n):
        approval = self._one(n, Approval.objects.order_by("id"))
        for model, cancel, name in (
            (Payout, cancel_payout, "payout_id"),
            (Refund, cancel_refund, "refund_id"),
        ):
            for row in model.objects.filter(approval_id=approval.pk):
                cancel(**{name: row.pk, "now": self.now})

    def expire(self, _):
        expire_due(self.now + timedelta(hours=25))

    def crash_while_approving(self, n):
        with suppress(DomainError), transaction.atomic():
            self.approve(n)
            transaction.set_rollback(True)

    def send(self, n):
        submit_due(self.now)
        outcome = Outcome.SUCCEEDED if n % 2 else Outcome.FAILED
        for reference, entry in self.provider.book.items():
            if entry.outcome is Outcome.PENDING:
                self.provider.settle(reference, outcome)

    def _by_key(self, n, *, is_approved, caller=None):
        approval = self._one(n, Approval.objects.order_by("id"))
        decide_for_merchant(
            approval_id=approval.pk,
            is_approved=is_approved,
            shown_digest=bytes(approval.digest),
            caller=caller or self.checker,
            reason="Not now",
            now=self.now,
        )

    def _one(self, n, rows):
        found = list(rows)
        if not found:
            raise NothingThere("nothing was made")
        return found[n % len(found)]

    # --- What must hold

    def held(self):
        found = Balance.objects.filter(
            account__owner_id=self.merchant.pk, account__kind="merchant_held"
        )
        return sum(one.amount for one in found)

    def rows(self):
        return [*Payout.objects.all(), *Refund.objects.all()]

    def check(self):
        rows = self.rows()
        under_way = [one for one in rows if one.completed_at is None]
        assert self.held() == sum(one.amount + one.fee + one.fee_tax for one in under_way)
        refunds = [one for one in rows if isinstance(one, Refund)]
        left = sum(one.amount for one in refunds if one.status not in ("failed", "canceled"))
        assert Payment.objects.get(pk=self.payment.pk).amount_refunded == left <= COLLECTED
        for one in rows:
            attempts = Attempt.objects.filter(owner_id=one.pk).count()
            assert attempts == 0 if one.status in ("needs_approval", "canceled") else attempts == 1


class NothingThere(DomainError):
    code = "nothing_there"


MAKES = ("pay_out", "give_back")
ACTS = (
    "approve", "approve", "approve_oneself", "reject", "decide_as_staff", "cancel", "expire",
    "crash_while_approving", "send",
)  # fmt: skip
STEPS = st.one_of(
    st.tuples(st.sampled_from(MAKES), st.sampled_from([999, 1_000, 3_000, 8_000])),
    st.tuples(st.sampled_from(ACTS), st.integers(0, 5)),
)


@pytest.fixture
def paying(monkeypatch):
    fake = PayingProvider()
    register(monkeypatch, {FAKE: (fake, PayingConnector)})
    return fake


@pytest.mark.django_db
@settings(
    max_examples=examples(3),
)
@given(steps=st.lists(STEPS, min_size=2, max_size=12))
def test_whatever_happens_in_whatever_order_each_is_sent_or_given_back_once(
    clock, paying, broken_books, steps
):
    with transaction.atomic():
        world = World(paying, clock.now)
        for name, n in steps:
            with suppress(DomainError), transaction.atomic():
                getattr(world, name)(n)
            world.check()
        assert not Approval.objects.filter(
            decided_by=f"key:{world.maker.credential}", status="approved"
        )
        assert broken_books() == {}
        transaction.set_rollback(True)


# --- Killed


DEATHS = [
    ("payouts.approve.before_commit", "pay_out", "approve"),
    ("payouts.release.before_commit", "pay_out", "reject"),
    ("payouts.release.before_commit", "pay_out", "expire"),
    ("refunds.approve.before_commit", "give_back", "approve"),
    ("refunds.release.before_commit", "give_back", "cancel"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("point", "make", "act"), DEATHS)
def test_whoever_is_killed_while_deciding_decided_nothing_and_may_do_it_again(
    clock, paying, broken_books, point, make, act
):
    world = World(paying, clock.now)
    with transaction.atomic():
        row = getattr(world, make)(1_000)

    assert is_killed_at(point, lambda: getattr(world, act)(0))

    assert type(row).objects.get(pk=row.pk).status == "needs_approval"
    world.check()
    if act == "expire":
        # What the one before had taken is its own for a while.
        Approval.objects.update(due_at=clock.now)
    getattr(world, act)(0)
    world.check()
    expected = "pending" if act == "approve" else "canceled"
    assert type(row).objects.get(pk=row.pk).status == expected
    assert broken_books() == {}


@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_once_send_it_once(clock, paying, broken_books):
    world = World(paying, clock.now)
    with transaction.atomic():
        payout, refund = world.pay_out(1_000), world.give_back(2_000)

    def decide(n):
        try:
            world._by_key(n, is_approved=True)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "approved"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(decide, range(100)))

    assert said.count("approved") == 2 and said.count("approval_not_pending") == 98
    assert [one.attempts.count() for one in (payout, refund)] == [1, 1]
    assert Approval.objects.filter(status="approved").count() == 2
    world.check()
    assert broken_books() == {}


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_a_rejection_and_the_clock_at_once_one_is_done(clock, paying, broken_books):
    world = World(paying, clock.now)
    with transaction.atomic():
        payout = world.pay_out(1_000)

    def act(name):
        try:
            getattr(world, name)(0)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return name

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, ["approve", "reject", "expire", "cancel", "decide_as_staff"] * 2))

    payout = Payout.objects.get(pk=payout.pk)
    assert payout.status in ("pending", "canceled")
    assert payout.attempts.count() == (payout.status == "pending")
    world.check()
    assert broken_books() == {}
