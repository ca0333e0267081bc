from __future__ import annotations

import pytest
from django.utils import timezone

from apps.core.nudge import send
from apps.core.public_ids import new_id
from apps.core.write_together import write_together
from apps.webhooks.models import Event
from apps.webhooks.services.promise import TOPIC, promise
from tests.api.conftest import Shop
from tests.factories import MerchantFactory


def event_of(merchant, *, type="payment.succeeded", livemode=False, object_id=None, id=None):
    """An unsaved event; `id` as if it had been made at another moment."""
    (event,) = promise(
        merchant_id=merchant.pk,
        livemode=livemode,
        type=type,
        object_id=object_id or new_id(),
        sequence=1,
        data={"note": "déjà vu"},
        endpoints=[],
        now=timezone.now(),
    )
    assert isinstance(event, Event)
    if id is not None:
        event.body = event.body.replace(event.public_id, Event(id=id).public_id)
        event.id = id
    return event


@pytest.fixture
def merchant(transactional_db):
    return MerchantFactory()


@pytest.fixture
def shop(merchant):
    """Its key, and a client of the API."""
    return Shop(merchant)


@pytest.fixture
def tell():
    """Commit an event of a merchant, as the platform does; returns its public id."""

    def told(merchant, **what):
        event = event_of(merchant, **what)
        write_together([event])
        send(TOPIC)
        return event.public_id

    return told
