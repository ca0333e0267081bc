"""`python -m tests.upgrades.fill ROWS`: payments in every state."""

import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from apps.core.ttl_cache import clear_all  # noqa: E402
from apps.payments.services.cancel_payment import cancel_payment  # noqa: E402
from apps.payments.services.expire_payment import expire_payment  # noqa: E402
from apps.providers import registry  # noqa: E402
from apps.webhooks.models import Delivery  # noqa: E402
from apps.webhooks.services.create_endpoint import create_endpoint  # noqa: E402
from tests.factories import MerchantFactory, PaymentFactory  # noqa: E402
from tests.fakes import FAKE, FakeConnector, FakeProvider, open_account  # noqa: E402

# What became of the attempt, and what else happened to the payment.
STORIES = [
    ([], ""),
    ([], "canceled"),
    ([], "expired"),
    (["submitted"], ""),
    (["submitted", "pending"], ""),
    (["submitted", "pending"], "expired"),
    (["submitted", "requires_action"], ""),
    (["submitted", "unknown"], ""),
    (["submitted", "pending", "succeeded"], ""),
    (["submitted", "pending", "failed"], ""),
    (["submitted", "not_sent"], ""),
]


def main(rows):
    provider = FakeProvider()
    registry.CONNECTORS[FAKE] = (lambda _: provider, FakeConnector)
    registry.PROFILES[FAKE] = FakeConnector.profile
    now = timezone.now()
    account, merchants = open_account(), [MerchantFactory() for _ in range(5)]
    for merchant in merchants[:2]:
        create_endpoint(merchant=merchant, livemode=False, url="http://127.0.0.1:9/", now=now)
    clear_all()
    for n in range(rows):
        path, end = STORIES[n % len(STORIES)]
        fields = {"expires_at": now} if end == "expired" else {}
        payment = PaymentFactory(
            merchant=merchants[n % len(merchants)],
            account=account,
            attempt_path=path,
            created_at=now - timedelta(minutes=5),
            **fields,
        )
        if end == "canceled":
            cancel_payment(payment_id=payment.pk, now=now)
        if end == "expired":
            expire_payment(payment_id=payment.pk, now=now)
    nobody_delivers()


def nobody_delivers():
    """While the versions change, which takes minutes: what waits for an endpoint may."""
    Delivery.objects.update(next_attempt_at=timezone.now() + timedelta(hours=6))


if __name__ == "__main__":
    main(int(sys.argv[1]))
