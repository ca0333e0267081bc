"""What can be nobody’s account or number is never agreed on, however little is wrong with it."""

from dataclasses import replace
from itertools import pairwise

import pytest

from apps.settlement.rules.check_payee import SettlementPayeeInvalid, check_payee
from apps.settlement.rules.payee import Payee
from tests.settlement.conftest import BANK, WALLET


def refused_field(payee: Payee, *, paid_by: str) -> str | None:
    with pytest.raises(SettlementPayeeInvalid) as refused:
        check_payee(payee, paid_by=paid_by)
    return refused.value.field


def mistyped(account: str) -> set[str]:
    """Each digit once another, and each two neighbours the other way round."""
    others = {
        f"{account[:place]}{digit}{account[place + 1 :]}"
        for place in range(2, len(account))
        for digit in "0123456789"
    }
    turned = {
        f"{account[:place]}{after}{before}{account[place + 2 :]}"
        for place, (before, after) in enumerate(pairwise(account))
        if place >= 2
    }
    return (others | turned) - {account}


def test_a_bank_account_is_taken_as_an_iban_or_as_the_bank_writes_it():
    check_payee(BANK, paid_by="bank_file")
    check_payee(replace(BANK, account=BANK.account[4:]), paid_by="bank_file")
    check_payee(WALLET, paid_by="payout")


def test_an_iban_with_one_slip_is_none():
    slips = mistyped(BANK.account)

    assert len(slips) > 200
    for account in slips:
        assert refused_field(replace(BANK, account=account), paid_by="bank_file") == "account"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": ""}, "account"),
        ({"account": "1234"}, "account"),
        ({"account": "10003 00100 05000"}, "account"),
        ({"account": "CM21"}, "account"),
        ({"bic": "ABCDCM"}, "bic"),
        ({"bic": "ABCDCMCX1"}, "bic"),
        ({"bic": "ABCD1MCX"}, "bic"),
        ({"name": " "}, "name"),
        ({"name": "x" * 71}, "name"),
    ],
)
def test_where_no_bank_could_pay_is_said_by_its_field(changes, field):
    assert refused_field(replace(BANK, **changes), paid_by="bank_file") == field


@pytest.mark.parametrize("phone", ["", "677000003", "+0237677000003", "+2376", "+237 677000003"])
def test_a_number_that_is_no_number_of_the_world_is_paid_nothing(phone):
    assert refused_field(replace(WALLET, phone=phone), paid_by="payout") == "phone"
