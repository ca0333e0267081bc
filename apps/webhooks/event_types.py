"""Every name an event may have. A name never changes its meaning; new ones are added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apps.core.errors import DomainError
from apps.webhooks.models import DELIVERIES_FAILED

# Sent to one endpoint, on request, to see whether it listens.
TEST = "webhook_endpoint.test"

# What is told today, and when.
TOLD: Mapping[str, str] = {
    "payment.created": "A payment was created by a request.",
    "payment.pending": "It waits for the payer or the provider, after we did not know.",
    "payment.requires_action": "The payer has to do something: next_action says what.",
    "payment.authorized": "The payer's bank holds the amount.",
    "payment.verifying": "The outcome is unknown; we are asking the provider.",
    "payment.succeeded": "The money is collected.",
    "payment.succeeded_late": "The money was collected after payment.expired.",
    "payment.failed": "No money was collected; failure_code says why.",
    "payment.expired": "The payer did not answer in time.",
    "payment.canceled": "It was canceled before any money moved.",
    "api_key.created": "An API key was made.",
    "api_key.updated": "An API key was changed.",
    "api_key.rotation_started": "A successor of an API key waits to be collected.",
    "api_key.rotated": "A new API key takes the place of one that ends soon.",
    "api_key.expiring": "An API key ends soon.",
    "api_key.expired": "An API key has ended.",
    "api_key.revoked": "An API key was revoked.",
    "webhook_endpoint.created": "A webhook endpoint was registered.",
    "webhook_endpoint.updated": "A webhook endpoint was changed.",
    "webhook_endpoint.secret_rotated": "A webhook endpoint has a new signing secret.",
    "webhook_endpoint.paused": "A webhook endpoint failed for days, or is gone: it is paused.",
    "webhook_endpoint.resumed": "A paused webhook endpoint is sent events again.",
    DELIVERIES_FAILED: "Deliveries to a webhook endpoint were given up: deliveries_failed says how"
    " many, failed_from what to replay.",
    "webhook_endpoint.deleted": "A webhook endpoint was deleted.",
    TEST: "A test, sent on request to one endpoint whatever it subscribes to.",
}

# Names kept for resources to come: an endpoint may ask for them already.
RESERVED = (
    "refund.created", "refund.succeeded", "refund.failed",
    "payout.created", "payout.succeeded", "payout.failed",
    "payout_batch.created", "payout_batch.completed",
    "payment_link.created", "payment_link.completed",
)  # fmt: skip

KNOWN = (*TOLD, *RESERVED)

ALL_OF_KIND = ".*"


class UnknownEventType(DomainError):
    code = "unknown_event_type"
    status = 400
    title = "There is no such event type."


def check_types(names: Iterable[str], *, field: str) -> list[str]:
    """These names without repetitions, in their order.

    Raises:
        UnknownEventType: one of them is no type of event.
    """
    found = list(dict.fromkeys(names))
    for name in found:
        if name not in KNOWN:
            raise UnknownEventType(f"Known types: {', '.join(KNOWN)}.", field=field)
    return found


def expand_types(names: Iterable[str], *, field: str) -> list[str]:
    """As check_types, "payment.*" standing for every type that begins so."""
    found: list[str] = []
    for name in names:
        beginning = name.removesuffix("*")
        of_kind = [known for known in KNOWN if known.startswith(beginning)]
        found += of_kind if name.endswith(ALL_OF_KIND) and of_kind else [name]
    return check_types(found, field=field)
