"""Which accounts may move a merchant's money."""

from __future__ import annotations

import pytest

from apps.providers.selectors.accounts import accounts_of
from tests.factories import MerchantFactory
from tests.fakes import open_account

pytestmark = pytest.mark.django_db


def test_a_merchants_money_moves_by_its_own_accounts_and_the_platforms_alone(provider):
    merchant, other = MerchantFactory(), MerchantFactory()
    own = open_account(merchant_id=merchant.pk)
    platforms = open_account()
    open_account(merchant_id=other.pk)
    live = open_account(livemode=True)

    assert [account.pk for account in accounts_of(merchant.pk, livemode=False)] == [
        own.pk,
        platforms.pk,
    ]
    assert [account.pk for account in accounts_of(merchant.pk, livemode=True)] == [live.pk]
