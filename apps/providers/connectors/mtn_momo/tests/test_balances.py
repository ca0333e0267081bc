"""What MTN says our wallets hold: whole francs of our currency, or nothing."""

from __future__ import annotations

import json

import pytest

from apps.providers.contract import NotSent, OutcomeUnknown, ProviderMisbehaved, ReadsBalances

from ..mapping import wallet_balance
from .conftest import connector_for
from .test_money_out import DISBURSEMENT


def said(body, status=200, **asked):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return wallet_balance(status, body, **{"product": "collection", "currency": "XAF", **asked})


def test_each_product_has_its_wallet_and_payouts_leave_one_of_them(simulators):
    connector = connector_for(simulators, **DISBURSEMENT)

    balances = connector.read_balances("XAF")

    assert isinstance(connector, ReadsBalances)
    assert [(one.wallet, one.pays_out) for one in balances] == [
        ("collection", False),
        ("disbursement", True),
    ]
    assert all(one.currency == "XAF" and one.available > 0 for one in balances)


def test_an_account_that_only_collects_has_one_wallet(simulators):
    (balance,) = connector_for(simulators).read_balances("XAF")

    assert not balance.pays_out


@pytest.mark.parametrize("available", ["1500", 1500, "1500.00", 1500.0])
def test_an_amount_is_read_however_mtn_writes_it(available):
    assert said({"availableBalance": available, "currency": "XAF"}).available == 1_500


def test_the_sandboxs_currency_is_ours():
    balance = said({"availableBalance": "7", "currency": "EUR"}, wire_currency="EUR")

    assert (balance.available, balance.currency) == (7, "XAF")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        {},
        {"availableBalance": "", "currency": "XAF"},
        {"availableBalance": None, "currency": "XAF"},
        {"availableBalance": "1,500", "currency": "XAF"},
        {"availableBalance": "1500.50", "currency": "XAF"},
        {"availableBalance": "-3", "currency": "XAF"},
        {"availableBalance": [1500], "currency": "XAF"},
        {"availableBalance": "1500"},
        {"availableBalance": "1500", "currency": "XOF"},
    ],
)
def test_what_is_no_amount_of_ours_is_never_taken_for_one(body):
    with pytest.raises(ProviderMisbehaved):
        said(body)


@pytest.mark.parametrize("status", [202, 400, 401, 404, 429, 500, 503])
def test_another_answer_is_no_news(status):
    with pytest.raises(OutcomeUnknown):
        said({"availableBalance": "1500", "currency": "XAF"}, status)


def test_who_is_not_there_says_nothing(simulators):
    connector = connector_for(simulators, base_url="http://127.0.0.1:1")

    with pytest.raises(NotSent):
        connector.read_balances("XAF")
