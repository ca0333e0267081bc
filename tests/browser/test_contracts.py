"""A provider account with its contract, and a new version of it, in both languages and widths."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.factories import ProviderAccountFactory, agree_cost
from tests.fees.test_admin import LINE, typed

pytestmark = pytest.mark.django_db(transaction=True)

CONTRACT_LINE = {
    name: LINE[name]
    for name in ("operation", "amount_from", "percent", "fixed", "fee_min", "fee_max", "rounding")
}


@LANGUAGES_OF_WORK
def test_a_contract_is_read_and_a_version_of_it_is_written(reader, language):
    account, bare = ProviderAccountFactory(cost=150), ProviderAccountFactory()
    contract = agree_cost(
        account,
        {"fixed": 25, "fee_min": 50, "fee_max": 2_000},
        {"operation": "refund", "amount_from": 500, "fixed": 10},
        valid_from=account.created_at,
    ).plan
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))

    window.open(reverse("admin:providers_provideraccount_change", args=[account.pk]))
    window.look()
    window.open(reverse("admin:providers_provideraccount_change", args=[bare.pk]))
    window.look()
    page = reverse("admin:fees_feeplan_new_version", args=[contract.pk])
    window.open(page)
    window.look()
    window.post(page, typed(CONTRACT_LINE))
    window.look()

    assert not window.problems, "\n".join(window.problems)
