from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.payments.models import Payment
from apps.payments.rules.event_types import event_type
from apps.payments.rules.representation import payment_as_json
from apps.webhooks.models import Delivery, Endpoint, Event
from apps.webhooks.services.build_event import build_event


def tell(
    payment: Payment, *, from_status: str, endpoints: Iterable[Endpoint], now: datetime
) -> list[Event | Delivery]:
    """The event of the move just made, under the move's number, and its deliveries, unsaved."""
    return build_event(
        merchant_id=payment.merchant_id,
        livemode=payment.livemode,
        type=event_type(from_status, payment.status),
        object_id=payment.pk,
        sequence=payment.sequence,
        data=payment_as_json(payment),
        endpoints=endpoints,
        now=now,
    )
