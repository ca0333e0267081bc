"""A rail that gives back the whole payment or nothing is not asked for a part of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from apps.core.money import Money
from apps.providers.contract import Operation
from apps.refunds.rules.refund_way import RefundNotPossible, refund_way
from tests.factories import ProviderAccountFactory


def way(amount, *, operations):
    account = ProviderAccountFactory.build(
        connector="wave", country="SN", currency="XOF", merchant_id=None, operations=operations
    )
    payment = SimpleNamespace(
        merchant_id=account.pk,
        livemode=account.livemode,
        country="SN",
        operator="wave",
        amount=1_500,
        currency="XOF",
    )
    return refund_way(
        payment,
        Money(amount, "XOF"),
        collected_at=account,
        is_same_account=True,
        accounts=[account],
    )[0]


ALL = ["collect", "refund", "disburse"]


def test_the_whole_of_it_goes_back_by_the_rails_own_refund():
    assert way(1_500, operations=ALL) is Operation.REFUND


def test_a_part_of_it_goes_as_a_payout_where_the_rail_gives_back_all_or_nothing():
    assert way(1_499, operations=ALL) is Operation.DISBURSE


def test_without_payouts_a_part_of_it_is_refused():
    with pytest.raises(RefundNotPossible):
        way(500, operations=["collect", "refund"])
