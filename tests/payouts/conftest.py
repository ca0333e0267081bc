from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from apps.core.money import Money
from apps.ledger.models import Transfer
from apps.ledger.selectors.read_balance import read_balance
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.reconciliation.selectors.find_violations import find_violations
from tests.factories import MerchantFactory, PaymentFactory
from tests.fakes import FAKE, open_account, register, submit_due
from tests.payouts.fakes import CheckingConnector, PayingConnector, PayingProvider

PHONE = "677000003"
BALANCE = 10_000
OPERATIONS = ["collect", "disburse"]


@pytest.fixture
def provider(monkeypatch):
    fake = PayingProvider()
    register(monkeypatch, {FAKE: (fake, PayingConnector)})
    return fake


@pytest.fixture
def checking(provider, monkeypatch):
    """A provider that can be asked about a payee."""
    register(monkeypatch, {FAKE: (provider, CheckingConnector)})
    return provider


@pytest.fixture
def account(clock, provider):
    return open_account(operations=OPERATIONS)


@pytest.fixture
def merchant(db, account):
    """A merchant with a balance of BALANCE."""
    merchant = MerchantFactory()
    give(merchant, account)
    return merchant


def give(merchant, account, amount=BALANCE, *, livemode=False):
    """A payment that brings the merchant's balance up by this much."""
    return PaymentFactory(
        merchant=merchant,
        livemode=livemode,
        account=account,
        amount=amount,
        fee=0,
        succeeded=True,
        created_at=timezone.now(),
    )


def balance(merchant, *, livemode=False):
    found = read_balance(merchant_id=merchant.pk, livemode=livemode).available
    return sum(money.amount for money in found)


def booked(payout):
    """Kinds of its transfers, in the order of their ids."""
    return list(
        Transfer.objects.filter(source_id=payout.pk).order_by("id").values_list("kind", flat=True)
    )


@pytest.fixture
def create(merchant):
    """Create a payout as the API does; returns its row."""

    @transaction.atomic
    def create_one(*, livemode=False, now=None, **fields):
        money = Money(fields.pop("amount", 1_000), fields.pop("currency", "XAF"))
        return create_payout(
            merchant=fields.pop("merchant", merchant),
            livemode=livemode,
            request=PayoutRequest(**{"phone": PHONE, "money": money, **fields}),
            now=now or timezone.now(),
        )

    return create_one


@pytest.fixture
def sent(clock, create):
    """A payout whose instruction the provider has taken; returns it and its attempt."""
    payout = create()
    submit_due(clock.now)
    return fresh(payout), payout.attempts.get()


def fresh(payout):
    return Payout.objects.get(pk=payout.pk)


@pytest.fixture
def broken_books(clock):
    """The invariants broken now, by name: none, one hopes."""

    def check(**options):
        found = find_violations(now=clock.now, **options)
        return {finding.invariant.name: finding.examples for finding in found if finding.violations}

    return check
