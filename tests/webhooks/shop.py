"""A merchant's program that manages its webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from apps.core.public_ids import first_id_at, new_id
from apps.core.ttl_cache import clear_all
from apps.core.work import outbox
from apps.core.work.topics import routes
from apps.webhooks.models import Delivery, Event
from apps.webhooks.services.promise import promise, wanting_endpoints
from tests.api.conftest import Shop

ENDPOINTS = "/api/v1/webhook_endpoints"
EVENTS = "/api/v1/events"


class WebhookShop(Shop):
    """`call` sends to webhook_endpoints; the path is what follows it."""

    def call(self, method, path="", body=None, **headers):
        if method == "POST":
            return self.post({} if body is None else body, path=f"{ENDPOINTS}{path}", **headers)
        return self.client.generic(
            method,
            f"{ENDPOINTS}{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}"},
        )

    def register(self, url="https://shop.example/hooks", **fields):
        """A new endpoint as it was answered, secret included."""
        answer = self.call("POST", body={"url": url, **fields})
        assert answer.status_code == 201, answer.content
        return answer.json()

    def list(self, path, **query):
        """The objects of a list's first page."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]

    def tell(
        self,
        type: str = "payment.succeeded",
        *,
        at: datetime | None = None,
        object_id: UUID | None = None,
        sequence: int = 1,
    ) -> Event:
        """Something happens; `at`: it happened then, its id too."""
        clear_all()
        now = at or timezone.now()
        livemode = self.api_key.livemode
        event, *deliveries = promise(
            merchant_id=self.merchant.pk,
            livemode=livemode,
            type=type,
            object_id=object_id or new_id(),
            sequence=sequence,
            data={"id": "pay_1", "object": "payment"},
            endpoints=wanting_endpoints(merchant_id=self.merchant.pk, livemode=livemode),
            now=now,
            event_id=UUID(int=first_id_at(now).int | (new_id().int & ((1 << 62) - 1))),
        )
        event.save(force_insert=True)
        Delivery.objects.bulk_create(deliveries)
        return event


def run_outbox(*topics: str, now: datetime | None = None) -> int:
    """What the worker does with these topics, until nothing is left; returns how many messages."""
    now = now or timezone.now()
    count = 0
    for topic in topics:
        handler = routes()[topic].load_handler()
        # Messages made on the way are due a moment later.
        while messages := outbox.claim(topic, limit=100, now=now + timedelta(seconds=1), done=[]):
            for message in messages:
                handler(message)
            outbox.delete_done([message.id for message in messages])
            count += len(messages)
    return count


def public_ids(events: Iterable[Event]) -> Sequence[str]:
    return [event.public_id for event in events]
