"""What merchants of the release before paid is charged as it was."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.fees.models import FeePlan
from apps.fees.rules.compute_fee import compute_fee
from apps.fees.selectors.fee_plans import current_lines
from apps.merchants.models import Merchant
from apps.reconciliation.selectors.find_violations import find_violations
from tests.factories import ProviderAccountFactory

# Migrations that never change any more.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800), pytest.mark.django_db(transaction=True)]

BEFORE = [("fees", "0001_initial"), ("merchants", "0007_keys_hold_what_they_were_made_with")]
JOINED = datetime(2025, 1, 1, tzinfo=UTC)


def migrate(targets):
    return MigrationExecutor(connection).migrate(targets)


def newest():
    """Of every app: what depends on merchants went back with them."""
    return MigrationExecutor(connection).loader.graph.leaf_nodes()


@pytest.fixture
def before():
    yield migrate(BEFORE).apps.get_model("merchants", "Merchant")
    migrate(newest())


def test_what_merchants_paid_becomes_a_plan_for_each_price(before):
    usual = {"country": "CM", "currency": "XAF", "timezone": "Africa/Douala", "created_at": JOINED}
    prices = {
        "two": {"fee_basis_points": 200, "fee_currency": "XAF"},
        "the same": {"fee_basis_points": 200},
        "both": {"fee_basis_points": 180, "fee_fixed": 25},
        "euros": {"fee_fixed": 100, "fee_currency": "EUR"},
        "nothing": {},
        "more than all": {"fee_basis_points": 20_000},
    }
    ids = {
        name: before.objects.create(id=new_id(), name=name, **usual, **price).pk
        for name, price in prices.items()
    }

    dear, free = (ProviderAccountFactory(cost_basis_points=cost) for cost in (150, 0))

    for _ in range(2):
        migrate([("fees", "0002_plans_of_merchants"), ("merchants", "0008_fees_are_plans")])
        # Broken off and run again it does the same.
        MigrationExecutor(connection).recorder.record_unapplied("fees", "0002_plans_of_merchants")
        MigrationExecutor(connection).recorder.record_unapplied("merchants", "0008_fees_are_plans")
    migrate(newest())
    MigrationExecutor(connection).recorder.record_unapplied("fees", "0005_contracts_of_providers")
    migrate(newest())

    fees = {
        name: [
            compute_fee(line, Money(5_000, "XAF")).amount
            for line in current_lines(merchant_id, now=timezone.now())
        ]
        for name, merchant_id in ids.items()
    }
    assert fees == {
        "two": [100],
        "the same": [100],
        "both": [115],
        "euros": [656],
        "nothing": [],
        "more than all": [5_000],
    }
    assert FeePlan.objects.filter(provider_account=None).count() == 4
    assert FeePlan.objects.filter(versions__lines__basis_points=Decimal(200)).count() == 1
    assert [
        one.invariant.name for one in find_violations(now=timezone.now()) if one.violations
    ] == []
    # What an account cost it costs by its contract, from its beginning on.
    agreed = dear.contract.versions.get()
    assert agreed.valid_from < dear.created_at
    assert agreed.lines.get().basis_points == 150
    assert not FeePlan.objects.filter(provider_account=free).exists()
    # Those of this release say nothing of it.
    Merchant.objects.create(name="new", **usual)
