"""A settlement that was paid, and forgotten, is closed again otherwise, and paid once."""

from __future__ import annotations

import pytest
from django.db import transaction

from apps.payouts.models import Payout
from apps.providers.contract import Outcome
from apps.settlement.models import Settlement, SettlementCycle
from apps.settlement.services.close_period import close_period
from apps.settlement.services.next_number import next_number
from apps.settlement.services.pay_settlement import pay_settlement
from tests.fakes import submit_due
from tests.ledger.horizon import wait_for_older_transactions
from tests.payouts.conftest import give
from tests.restore.conftest import forgotten
from tests.settlement.conftest import agree

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def settle(clock, merchant):
    agree(merchant, now=clock.now)
    cycle = SettlementCycle.objects.get()

    def run():
        settlement = close_period(cycle_id=cycle.pk, now=clock.now)
        assert settlement is not None
        pay_settlement(settlement_id=settlement.pk, now=clock.now)
        return settlement

    return run


@pytest.mark.parametrize("more", [0, 500])
def test_under_another_number_it_is_paid_once(
    clock, provider, merchant, account, settle, restore, release, more
):
    wait_for_older_transactions()
    with forgotten():
        settle()
        submit_due(clock.now)
        (sent,) = provider.book
        provider.settle(sent, Outcome.SUCCEEDED)
    restore()
    # Another currency's period is closed first this time, and more was paid in meanwhile.
    with transaction.atomic():
        next_number(merchant_id=merchant.pk, livemode=False, year=clock.now.year)
    if more:
        give(merchant, account, more)
        wait_for_older_transactions()
    assert settle().number == 2

    release()

    assert list(provider.book) == [sent]
    # Whether what was paid is what is owed now, a person says.
    wanted = "verifying" if more else "succeeded"
    assert Payout.objects.get().status == wanted


def test_one_settlement_after_the_other_is_another_payout(
    clock, provider, merchant, account, settle
):
    for _ in range(2):
        wait_for_older_transactions()
        settle()
        submit_due(clock.now)
        for reference in list(provider.book):
            provider.settle(reference, Outcome.SUCCEEDED)
        clock.advance(days=1)
        give(merchant, account, 500)

    assert Settlement.objects.count() == 2
    assert len(provider.book) == 2
