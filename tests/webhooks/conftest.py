from __future__ import annotations

import itertools

import pytest
from django.utils import timezone

from apps.core.bulk_write import bulk_write
from apps.core.public_ids import new_id
from apps.core.ttl_cache import clear_all
from apps.webhooks.models import Delivery
from apps.webhooks.selectors.find_sendable import find_sendable
from apps.webhooks.services import claim_deliveries as claiming
from apps.webhooks.services.claim_deliveries import DueDeliveries
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.deliver_webhook import deliver_webhook
from apps.webhooks.services.mark_deliveries import mark_deliveries
from apps.webhooks.services.promise import promise, wanting_endpoints
from tests.factories import MerchantFactory
from tests.receiver import Receiver
from tests.webhooks.claims import SENDABLE
from tests.webhooks.shop import WebhookShop


@pytest.fixture(autouse=True)
def first_claim(monkeypatch):
    """The turn of a replay comes by the count of a process's claims, those of other tests too."""
    monkeypatch.setattr(claiming, "_claims", itertools.count(1))


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def merchant(db):
    return MerchantFactory()


@pytest.fixture
def shop(db):
    return WebhookShop()


@pytest.fixture
def endpoint(clock, merchant, receiver):
    """The merchant's endpoint at the receiver, and its secret."""
    return create_endpoint(merchant=merchant, livemode=False, url=receiver.url, now=clock.now)


@pytest.fixture
def tell(merchant):
    """Promise one event to whoever wants it; returns its deliveries."""

    def told(type="payment.succeeded", *, livemode=False, data=None):
        clear_all()
        rows = promise(
            merchant_id=merchant.pk,
            livemode=livemode,
            type=type,
            object_id=new_id(),
            sequence=1,
            data=data or {"note": "déjà vu"},
            endpoints=wanting_endpoints(merchant_id=merchant.pk, livemode=livemode),
            now=timezone.now(),
        )
        bulk_write(rows)
        return [row for row in rows if isinstance(row, Delivery)]

    return told


@pytest.fixture
def deliver_due(clock):
    """What the worker does with topic "webhook.deliver"; returns how many were tried."""

    def delivered():
        count = 0
        while due := DueDeliveries().claim(limit=100, now=clock.now, done=[]):
            mark_deliveries([(claimed, deliver_webhook(claimed)) for claimed in due], now=clock.now)
            count += len(due)
        return count

    return delivered


@pytest.fixture
def without_rows(monkeypatch):
    """What `make_claim` made is looked up in SENDABLE; what has rows, in the database."""
    monkeypatch.setattr(
        "apps.webhooks.services.deliver_webhook.find_sendable",
        lambda **claim: SENDABLE.get(claim["delivery_id"]) or find_sendable(**claim),
    )
    yield
    SENDABLE.clear()
