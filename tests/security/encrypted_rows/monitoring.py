from __future__ import annotations

from django.utils import timezone

from apps.monitoring.models import AlertChannel
from apps.monitoring.services.save_channel import save_channel
from apps.payments.models import Payment


def make(payment: Payment) -> None:
    channel = AlertChannel(name="On call", created_at=timezone.now())
    save_channel(
        channel,
        address="slack://TTTTTTTTT/BBBBBBBBB/aaaaaaaaaaaaaaaaaaaaaaaa",
        actor="test",
        now=timezone.now(),
    )
