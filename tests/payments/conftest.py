from __future__ import annotations

import pytest
from django.utils import timezone

from apps.core.idempotency import digest_of
from apps.core.money import Money
from apps.payments.models import Payment
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.create_payment import create_payment
from apps.reconciliation.selectors.find_violations import find_violations
from tests.factories import MerchantFactory
from tests.fakes import open_account, submit_due

PHONE = "677000001"


@pytest.fixture
def account(provider):
    """An account at the provider in memory."""
    return open_account()


@pytest.fixture
def create():
    """Create a payment as the API does; returns its row."""
    made = []

    def create_one(*, merchant=None, livemode=False, key=None, **fields):
        merchant = merchant or MerchantFactory(fee_basis_points=200)
        money = Money(fields.pop("amount", 1_500), fields.pop("currency", "XAF"))
        request = PaymentRequest(**{"phone": PHONE, "money": money, **fields})
        made.append(request)
        create_payment(
            merchant=merchant,
            livemode=livemode,
            request=request,
            idempotency_key=key or f"key-{len(made)}",
            digest=digest_of({"n": key or len(made)}),
            now=timezone.now(),
        )
        return Payment.objects.filter(merchant=merchant).latest("id")

    return create_one


@pytest.fixture
def submitted(clock, account, create):
    """A payment whose instruction the provider has taken; returns it and its attempt."""
    payment = create()
    submit_due(clock.now)
    return payment, payment.attempts.get()


@pytest.fixture
def broken_books(clock):
    """The invariants broken now, by id: none, one hopes."""

    def check(among=None):
        found = find_violations(now=clock.now, among=among)
        return {finding.invariant.name: finding.examples for finding in found if finding.violations}

    return check
