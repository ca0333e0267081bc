"""Whoever closes or pays dies by SIGKILL at any step: it is as if it had not begun."""

import pytest

from apps.core import failpoints
from apps.ledger.models import Transfer
from apps.payouts.models import Payout
from apps.settlement.models import Settlement, SettlementCycle, SettlementLine
from apps.settlement.services.close_period import close_period
from apps.settlement.services.pay_settlement import pay_settlement
from apps.webhooks.models import Event
from tests.killed import is_killed_at
from tests.ledger.horizon import wait_for_older_transactions
from tests.settlement.conftest import balance, broken_books

pytestmark = pytest.mark.django_db(transaction=True)

CLOSING = [
    "settlement.close.before_write",
    "ledger.post.before_insert",
    "settlement.close.before_commit",
]


@pytest.mark.parametrize("place", CLOSING)
def test_a_closing_killed_anywhere_left_nothing_and_is_done_again(
    clock, merchant, terms, close, place
):
    wait_for_older_transactions()
    cycle = SettlementCycle.objects.get()
    due_at = cycle.due_at

    assert is_killed_at(place, lambda: close_period(cycle_id=cycle.pk, now=clock.now))

    assert SettlementLine.objects.count() == Settlement.objects.count() == 0
    assert not Event.objects.filter(type="settlement.created").exists()
    cycle.refresh_from_db()
    assert (cycle.horizon, cycle.due_at, balance(merchant)) == (0, due_at, 10_000)
    assert (close(merchant).number, balance(merchant)) == (1, 0)
    assert broken_books() == []


def test_a_payment_killed_before_its_commit_is_made_once(clock, merchant, terms, close, pay):
    settlement = close(merchant)

    place = "settlement.pay.before_commit"
    assert is_killed_at(place, lambda: pay_settlement(settlement_id=settlement.pk, now=clock.now))

    assert Payout.objects.count() == 0
    pay(settlement)
    pay(settlement)
    assert Payout.objects.count() == 1
    assert Transfer.objects.filter(kind="settle_released").count() == 1
    assert broken_books() == []


def test_every_place_of_a_settlement_has_its_victim():
    places = {name for name in failpoints.NAMES if name.startswith("settlement.")}
    assert places <= {*CLOSING, "settlement.pay.before_commit"}
