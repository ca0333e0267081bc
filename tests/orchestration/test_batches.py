"""Replies together cost what one costs, and who comes at the same moment does not wait for ever."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.ttl_cache import clear_all
from apps.orchestration.models import Attempt
from apps.orchestration.rules.judge_reply import ProviderReply
from apps.orchestration.services.apply_replies import apply_replies
from apps.payments.models import Payment
from apps.providers.contract import Outcome, ProviderResult
from tests.factories import MerchantFactory
from tests.fakes import submit_due

PAID = ProviderResult(Outcome.SUCCEEDED, provider_reference="F1")


def paid(attempt):
    result = ProviderResult(Outcome.SUCCEEDED, provider_reference=f"F{attempt.reference}")
    return ProviderReply.of(attempt, result, "poll")


def statements(attempts, now):
    # Accounts and endpoints are read by the one as by the other, however long ago it was.
    clear_all()
    with CaptureQueriesContext(connection) as sent:
        apply_replies([paid(attempt) for attempt in attempts], now=now)
    return [query["sql"].split()[0] for query in sent]


@pytest.mark.django_db
def test_fifty_replies_of_fifty_merchants_cost_as_many_statements_as_one(
    clock, account, provider, create
):
    for _ in range(51):
        create(merchant=MerchantFactory())
    submit_due(clock.now)
    first, *others = Attempt.objects.order_by("id")
    one = statements([first], clock.now)
    fifty = statements(others, clock.now)

    assert set(Payment.objects.values_list("status", flat=True)) == {"succeeded"}
    assert len(fifty) == len(one)
