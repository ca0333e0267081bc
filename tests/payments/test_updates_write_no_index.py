"""An update that changes no indexed column writes the row alone, and none of its indexes."""

import pytest
from django.db import connection

from apps.orchestration.services.apply_replies import apply_reply
from apps.providers.contract import Outcome, ProviderResult
from apps.webhooks.models import Delivery
from apps.webhooks.services.claim_deliveries import DueDeliveries
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.deliver_webhook import Tried
from apps.webhooks.services.mark_deliveries import mark_deliveries
from tests.factories import MerchantFactory
from tests.fakes import submit_due

UPDATES = "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables"


def updates():
    """Table -> updates so far, and those of them that wrote no index."""
    with connection.cursor() as cursor:
        cursor.execute(UPDATES)
        return {table: (all_of_them, hot) for table, all_of_them, hot in cursor.fetchall()}


@pytest.mark.usefixtures("new_tables")
@pytest.mark.django_db
def test_the_life_of_a_payment_writes_the_wide_indexes_at_its_birth_and_once_at_its_end(
    clock, account, create
):
    merchant = MerchantFactory()
    create_endpoint(merchant=merchant, livemode=False, url="https://shop.example/", now=clock.now)
    payment = create(merchant=merchant)
    before = updates()

    submit_due(clock.now)
    apply_reply(
        attempt_id=payment.attempts.get().pk,
        answer=ProviderResult(Outcome.SUCCEEDED, provider_reference="4711"),
        source="callback",
        now=clock.advance(seconds=5),
    )
    claimed = DueDeliveries().claim(limit=10, now=clock.now, done=[])
    mark_deliveries([(one, Tried(204, "")) for one in claimed], now=clock.now)

    made = {
        table: (count - before[table][0], hot - before[table][1])
        for table, (count, hot) in updates().items()
    }
    assert Delivery.objects.get().status == "delivered"
    # What its payer has to do, and the end of it.
    assert made["payments_payment"] == (2, 2)
    assert made["webhooks_delivery"] == (2, 2)
    # Sent, answered, paid: only the last is looked for by what it changes.
    assert made["payments_attempt"] == (3, 2)
    assert made["payments_paymentstate"] == (0, 0)
