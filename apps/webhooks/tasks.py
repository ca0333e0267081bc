"""Doors of the worker."""

from __future__ import annotations

from django.utils import timezone

from apps.webhooks.services import deliver_webhook as delivering
from apps.webhooks.services import mark_deliveries as marking
from apps.webhooks.services.claim_deliveries import ClaimedDelivery


def deliver(claimed: ClaimedDelivery) -> delivering.Tried:
    return delivering.deliver_webhook(claimed)


def mark(tried: list[tuple[ClaimedDelivery, delivering.Tried]]) -> None:
    marking.mark_deliveries(tried, now=timezone.now())
