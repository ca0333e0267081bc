"""Door of the worker."""

from __future__ import annotations

from apps.webhooks.services import deliver_webhook as delivering
from apps.webhooks.services.claim_deliveries import ClaimedDelivery


def deliver(claimed: ClaimedDelivery) -> None:
    delivering.deliver_webhook(claimed)
