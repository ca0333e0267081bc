"""Refunds and payouts of one merchant, several workers, a provider that contradicts itself.

Whatever happens in whatever order, the books are clean, and ours agree with the provider's or a
person has been called.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, multiple, precondition, rule

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.fees.models import FeeLine, FeeReturn
from apps.ledger.models import Balance
from apps.orchestration.models import ATTEMPT_FINAL
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.close_unresolved import close_unresolved
from apps.orchestration.services.submit_attempt import submit_attempt
from apps.payments.models import Payment
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.providers.contract import Outcome, ProviderResult
from apps.providers.registry import encrypt_credentials
from apps.refunds.models import Refund
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.factories import EndpointFactory, MerchantFactory, PaymentFactory, charge
from tests.fakes import Instruction, open_account
from tests.workers import Workers, live

PEOPLE = {"requested_by": "user:1", "approved_by": "user:2"}
COLLECTED, FEE = 10_000, 200
OVER = ("succeeded", "failed")

# What else an answer says: mostly nothing, what was not asked, or what cannot be stored.
BESIDES = st.sampled_from(
    [
        {},
        {},
        {},
        {"amount": 1},
        {"currency": "XOF"},
        {"counterparty": "237600000000"},
        {"provider_reference": "R" * 70},
        {"provider_reference": "R\x001"},
        {"raw": {"note": "\ud800\x00", "rate": float("nan")}},
    ]
)


class MoneyOut(Workers):
    @initialize(
        is_repeat_safe=st.booleans(),
        grace_s=st.sampled_from([60, 900]),
        fee_return=st.sampled_from(FeeReturn.values),
    )
    def begin(self, is_repeat_safe, grace_s, fee_return):
        self.open_the_world(is_repeat_safe)
        # References of which the provider said other things than its book.
        self.contradicted = set()
        self.merchant = MerchantFactory()
        EndpointFactory(merchant=self.merchant)
        tax = Decimal(1925)
        plan = charge(
            self.merchant,
            {"operation": "collect", "fixed": FEE},
            {"operation": "refund", "fixed": 25, "tax_basis_points": tax},
            {"operation": "disburse", "basis_points": Decimal(100), "tax_basis_points": tax},
            fee_return=fee_return,
        )
        line = FeeLine.objects.get(version__plan=plan, operation="collect")
        self.accounts = [
            open_account(operations=operations, unknown_reference_grace_s=grace_s, priority=n)
            for n, operations in enumerate([["collect", "refund", "disburse"], ["disburse"]])
        ]
        clear_all()
        self.payments = [
            PaymentFactory(
                merchant=self.merchant,
                account=self.accounts[0],
                amount=COLLECTED,
                fee=FEE,
                fee_line_id=line.pk,
                succeeded=True,
                created_at=self.clock.now,
            )
            for _ in range(2)
        ]
        self.refund(n=0, amount=4_000)
        self.pay_out(amount=9_000)

    # --- What the merchant does

    @rule(n=st.integers(0, 1), amount=st.sampled_from([None, 4_000, 6_000, COLLECTED + 1]))
    def refund(self, n, amount):
        self._unless_refused(
            lambda: create_refund(
                payment_id=self.payments[n].pk,
                order=RefundOrder(amount=amount),
                source="api",
                now=self.clock.now,
            )
        )

    @rule(amount=st.sampled_from([100, 9_000, 30_000]))
    def pay_out(self, amount):
        self._unless_refused(
            lambda: create_payout(
                merchant=self.merchant,
                livemode=False,
                request=PayoutRequest(money=Money(amount, "XAF"), phone="677000003"),
                now=self.clock.now,
            )
        )

    # --- What the provider and people do

    @precondition(lambda self: self.owner_ids)
    @rule(
        target=Workers.answers,
        n=st.integers(0, 9),
        outcome=st.sampled_from([Outcome.PENDING, Outcome.SUCCEEDED, Outcome.FAILED]),
        besides=BESIDES,
        is_order=st.booleans(),
    )
    def contradict(self, n, outcome, besides, is_order):
        """Whatever it said and wrote before. An end it says is its book's from here on."""
        attempt = self.one_of(self.attempts(), n)
        self.provider.on_query = [lambda _: ProviderResult(outcome, **besides)]
        heard = self.ask_provider(attempt)
        self.provider.on_query.clear()
        if heard is None:
            return multiple()
        self.contradicted.add(attempt.reference)
        if outcome is not Outcome.PENDING:
            instruction = Instruction(attempt.amount, attempt.currency, "237677000001")
            entry = self.provider.book.get(attempt.reference, instruction)
            self.provider.book[attempt.reference] = replace(entry, outcome=outcome)
        return replace(heard, is_submission=is_order)

    @rule(one=Workers.answers, other=Workers.answers)
    def apply_together(self, one, other):
        with transaction.atomic():
            apply_replies([one, other], now=self.clock.now)

    @rule(n=st.integers(0, 1), change=st.sampled_from(["close", "open", "key a", "key b"]))
    def staff_change_an_account(self, n, change):
        account = self.accounts[n]
        if change.startswith("key"):
            account.credentials_encrypted = encrypt_credentials(account.pk, {"key": change})
        else:
            account.is_active = change == "open"
        account.save()
        clear_all()

    @precondition(lambda self: self.owner_ids)
    @rule(n=st.integers(0, 9))
    def two_people_close(self, n):
        """By the provider's own book, as they see it in its portal."""
        owned = [attempt for attempt in self.attempts() if attempt.needs_person]
        if not owned:
            return
        attempt = self.one_of(owned, n)
        entry = self.provider.book.get(attempt.reference)
        if entry is None or entry.outcome is Outcome.FAILED:
            self._unless_refused(
                lambda: close_unresolved(attempt_id=attempt.pk, now=self.clock.now, **PEOPLE)
            )

    # --- What holds after every step

    @invariant()
    def the_money_is_where_it_should_be(self):
        """Held is what is open with its fees, and of no payment more is given back than it
        collected."""
        if not self.owner_ids:
            return
        refunds = list(Refund.objects.all())
        owners = [*refunds, *Payout.objects.all()]
        total = {one.pk: one.amount + one.fee + one.fee_tax for one in owners}
        held = sum(total[one.pk] for one in owners if one.status not in OVER)
        gone = sum(total[one.pk] for one in owners if one.status == "succeeded")
        found = Balance.objects.filter(account__owner_id=self.merchant.pk)
        balances = dict(found.values_list("account__kind", "amount"))
        given = sum(one.fee_returned for one in refunds)
        left = len(self.payments) * (COLLECTED - FEE) - held - gone + given
        assert (balances["merchant_held"], balances["merchant_payable"]) == (held, left)
        assert left >= 0
        given_back = Counter()
        for refund in refunds:
            given_back[refund.payment_id] += 0 if refund.status == "failed" else refund.amount
        for payment in Payment.objects.all():
            assert payment.amount_refunded == given_back[payment.pk] <= COLLECTED

    # --- The end: all is quiet, the provider says what its book says, everybody is asked

    def end(self):
        for account in self.accounts:
            account.is_active = True
            account.save()
        clear_all()
        for _ in range(4):
            self.clock.advance(seconds=1_000)
            heard = [submit_attempt(one) for one in self.claim()]
            with transaction.atomic():
                apply_replies(heard, now=self.clock.now)
            self.a_worker_asks_about_all()
        self._agrees_with_the_provider()
        assert self.broken_books() == {}

    def _agrees_with_the_provider(self):
        taken = Counter()
        for attempt in self.attempts():
            entry = self.provider.book.get(attempt.reference)
            outcome = None if entry is None else entry.outcome
            if entry is not None and attempt.reference not in self.contradicted:
                taken[attempt.owner_id] += 1
            if attempt.needs_person:
                continue
            if outcome is None:
                assert attempt.status != "succeeded", attempt
            elif outcome is Outcome.PENDING:
                assert attempt.status not in ATTEMPT_FINAL, attempt
            else:
                assert attempt.status == outcome, attempt
        # Another is sent only where the provider never took the one before.
        assert set(taken.values()) <= {1}

    def _owners(self):
        return [*Refund.objects.all(), *Payout.objects.all()]

    def _unless_refused(self, act):
        try:
            with transaction.atomic():
                act()
        except DomainError:
            pass
        self.owner_ids += [one.pk for one in self._owners() if one.pk not in self.owner_ids]


@pytest.mark.django_db
def test_whatever_happens_to_money_out_the_books_agree_with_the_provider(
    clock, provider, monkeypatch
):
    live(MoneyOut, clock=clock, provider=provider, monkeypatch=monkeypatch)
