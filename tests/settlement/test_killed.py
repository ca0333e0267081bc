"""Whoever closes or pays may be killed at any step: it is as if it had not begun."""

import pytest

from apps.core import failpoints
from apps.ledger.models import Transfer
from apps.payouts.models import Payout
from apps.settlement.models import Settlement, SettlementCycle, SettlementLine
from tests.settlement.conftest import balance, broken_books

pytestmark = pytest.mark.django_db(transaction=True)

CLOSING = ["settlement.close.before_write", "settlement.close.before_commit"]


class Killed(Exception):
    pass


@pytest.fixture
def kill_at(monkeypatch):
    """The named place ends what runs there, as a kill undoes what it had not committed."""

    def armed(place):
        def here(name):
            if name == place:
                raise Killed

        for module in ("close_period", "pay_settlement"):
            monkeypatch.setattr(f"apps.settlement.services.{module}.failpoint", here)

    return armed


@pytest.mark.parametrize("place", CLOSING)
def test_a_closing_killed_anywhere_left_nothing_and_is_done_again(
    merchant, terms, close, kill_at, place
):
    assert place in failpoints.NAMES
    kill_at(place)
    with pytest.raises(Killed):
        close(merchant)
    assert SettlementLine.objects.count() == Settlement.objects.count() == 0
    assert SettlementCycle.objects.get().horizon == 0
    assert balance(merchant) == 10_000

    kill_at("nowhere")

    assert (close(merchant).number, balance(merchant)) == (1, 0)
    assert broken_books() == []


def test_a_payment_killed_before_its_commit_is_made_once(merchant, terms, close, pay, kill_at):
    settlement = close(merchant)
    kill_at("settlement.pay.before_commit")
    with pytest.raises(Killed):
        pay(settlement)
    assert Payout.objects.count() == 0

    kill_at("nowhere")
    pay(settlement)
    pay(settlement)

    assert Payout.objects.count() == 1
    assert Transfer.objects.filter(kind="settle_released").count() == 1
    assert broken_books() == []
