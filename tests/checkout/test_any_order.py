"""Taps, answers, expiries and corrections in any order, with crashes between: the promises hold.

Every example lives through its story in one transaction of a real PostgreSQL, then is undone.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import DomainError
from apps.core.idempotency import digest_of
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.ledger.models import Transfer
from apps.orchestration.models import ATTEMPT_FINAL, Attempt
from apps.orchestration.services.refresh_attempt import refresh_attempt
from apps.payments.models import Payment
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.cancel_payment import cancel_payment
from apps.payments.services.create_payment import create_payment
from apps.payments.services.expire_payment import expire_payment
from apps.payments.services.name_payer import name_payer
from apps.providers.contract import (
    FailureCode,
    NextAction,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderResult,
)
from apps.reconciliation.selectors.find_violations import find_violations
from tests.checkout.conftest import TwoNetworks
from tests.factories import EndpointFactory, MerchantFactory
from tests.fakes import FAKE, START, open_account, raising, register, submit_due
from tests.tries import examples

WALLETS = [("677000001", "mtn"), ("677000002", "mtn"), ("699000001", "orange")]
MAY_MOVE = {Outcome.SUCCEEDED, Outcome.PENDING, Outcome.AUTHORIZED}

# Of a page that knew of all attempts, or of a page of before.
agree = st.tuples(
    st.just("agree"), st.tuples(st.sampled_from(WALLETS), st.sampled_from([0, 0, 0, 1]))
)
submit = st.tuples(
    st.just("submit"),
    st.sampled_from(["taken", "to a page", "declined", "not sent", "closed", "lost", "cut"]),
)
others = st.one_of(
    # Of any attempt, old ones too: the number says how far back.
    st.tuples(st.just("ask"), st.integers(0, 3)),
    st.tuples(
        st.just("payer"),
        st.sampled_from([Outcome.SUCCEEDED, Outcome.FAILED, Outcome.FAILED, Outcome.AUTHORIZED]),
    ),
    st.tuples(st.just("wait"), st.sampled_from([5, 61, 700, 4_000])),
    st.tuples(st.just("expire"), st.none()),
    st.tuples(st.just("cancel"), st.none()),
)
steps = st.one_of(agree, submit, others)


class Crash(Exception):
    pass


class Story:
    """One payment's life, at a provider whose book is the truth."""

    def __init__(self, clock, provider, monkeypatch):
        register(monkeypatch, {FAKE: (provider, TwoNetworks)})
        self.clock, self.provider = clock, provider
        clock.now = START
        provider.__init__()
        clear_all()
        merchant = MerchantFactory(fee_basis_points=200)
        EndpointFactory(merchant=merchant)
        open_account(unknown_reference_grace_s=60)
        open_account(unknown_reference_grace_s=60)
        create_payment(
            merchant=merchant,
            livemode=False,
            request=PaymentRequest(money=Money(1_500, "XAF"), is_checkout=True),
            idempotency_key="k",
            digest=digest_of({}),
            now=clock.now,
        )
        self.pk = Payment.objects.get().pk
        self.agreed = self.last = ""

    def do(self, step, crashes):
        if crashes:
            agreed, book = self.agreed, dict(self.provider.book)
            with pytest.raises(Crash), transaction.atomic():
                self._do(*step)
                raise Crash
            self.agreed = agreed
            self.provider.on_collect.clear()
            # It crashed before it had sent anything.
            self.provider.book = book
        self._do(*step)

    def _do(self, name, value):
        now = self.clock.now
        attempts = list(Attempt.objects.order_by("-id"))
        if name == "agree":
            self._agree(*value, len(attempts))
        elif name == "submit":
            self.provider.on_collect = [getattr(self, f"_{value.replace(' ', '_')}")]
            before = len(self.provider.orders)
            submit_due(now)
            self.provider.on_collect.clear()
            sent = self.provider.orders[before:]
            assert {order.payer_msisdn for order in sent} <= {self.agreed}
        elif name == "ask" and attempts:
            refresh_attempt(attempt_id=attempts[value % len(attempts)].pk, source="poll", now=now)
        elif name == "payer" and attempts:
            entry = self.provider.book.get(attempts[0].reference)
            if entry and entry.outcome in {Outcome.PENDING, Outcome.AUTHORIZED}:
                self.provider.settle(attempts[0].reference, value)
        elif name == "wait":
            self.clock.advance(seconds=value)
        elif name == "expire":
            expire_payment(payment_id=self.pk, now=now)
        elif name == "cancel":
            with suppress(DomainError):
                cancel_payment(payment_id=self.pk, now=now)

    def _agree(self, wallet, stale, known):
        phone, operator = wallet
        with suppress(DomainError):
            name_payer(
                payment_id=self.pk,
                phone=phone,
                operator=operator,
                seen=max(known - stale, 0),
                now=self.clock.now,
            )
            # A page of before asks nobody, and nobody is asked while an earlier number may pay.
            assert stale == 0 or known == 0
            assert not {entry.outcome for entry in self.provider.book.values()} & MAY_MOVE
            self.agreed = f"237{phone}"

    # What the provider does with an order.

    def _taken(self, request):
        return self.provider.accept(request)

    def _to_a_page(self, request):
        self.provider.accept(request)
        url = f"https://rail.example/{request.reference}"
        return ProviderResult(Outcome.REQUIRES_ACTION, next_action=NextAction("redirect", url))

    def _declined(self, request):
        self.provider.accept(request)
        self.provider.settle(request.reference, Outcome.FAILED)
        return ProviderResult(Outcome.FAILED, failure_code=FailureCode.INSUFFICIENT_FUNDS)

    def _not_sent(self, request):
        return raising(NotSent("busy"))(request)

    def _closed(self, request):
        return raising(NotSent("closed", failure_code=FailureCode.CONFIGURATION))(request)

    def _lost(self, request):
        return raising(OutcomeUnknown("the line broke before it was heard"))(request)

    def _cut(self, request):
        self.provider.accept(request)
        return raising(OutcomeUnknown("the line broke after it was heard"))(request)

    def check(self):
        payment = Payment.objects.get()
        attempts = list(Attempt.objects.order_by("id"))
        assert sum(one.status not in ATTEMPT_FINAL for one in attempts) <= 1
        assert len(attempts) <= 4
        # The provider told the truth: nobody is called.
        assert [one.contradiction for one in attempts if one.contradiction] == []
        paid = [one for one in self.provider.book.values() if one.outcome is Outcome.SUCCEEDED]
        assert len(paid) <= 1
        if payment.status in {"pending", "authorized", "verifying"}:
            assert attempts[-1].status not in ATTEMPT_FINAL
        if self.last in {"succeeded", "failed", "canceled"}:
            assert payment.status == self.last
        if self.last == "expired":
            assert payment.status in {"expired", "succeeded"}
        self.last = payment.status
        booked = Transfer.objects.order_by("kind").values_list("kind", "amount")
        is_paid = payment.status == "succeeded"
        assert list(booked) == ([("fee", 30), ("gross", 1_500)] if is_paid else [])

    def check_the_end(self):
        """Once everybody was asked, what the provider took is booked, and nothing else is."""
        self.clock.advance(seconds=4_000)
        for attempt in Attempt.objects.exclude(status="created"):
            refresh_attempt(attempt_id=attempt.pk, source="poll", now=self.clock.now)
            self.check()
        took = any(one.outcome is Outcome.SUCCEEDED for one in self.provider.book.values())
        assert (self.last == "succeeded") == took
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        broken = [
            finding.invariant.name
            for finding in find_violations(now=self.clock.now)
            # Nobody works here between two steps, so things may be overdue.
            if finding.violations and finding.invariant.id not in {"I14", "I7"}
        ]
        assert broken == []


@pytest.mark.django_db
@settings(
    max_examples=examples(6),
)
@given(
    wallet=st.sampled_from(WALLETS),
    first=submit,
    story=st.lists(
        st.tuples(steps, st.sampled_from([False, False, False, True])), min_size=3, max_size=16
    ),
)
def test_a_payer_is_asked_anew_only_when_nothing_was_taken_and_pays_once(
    clock, provider, monkeypatch, wallet, first, story
):
    # How often one number may be asked is another promise.
    monkeypatch.setattr("apps.payments.services.name_payer.payer_limits", lambda **_: [])
    with transaction.atomic():
        life = Story(clock, provider, monkeypatch)
        for step, crashes in [(("agree", (wallet, 0)), False), (first, False), *story]:
            life.do(step, crashes)
            life.check()
        life.check_the_end()
        transaction.set_rollback(True)
