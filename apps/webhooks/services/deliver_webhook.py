from __future__ import annotations

import logging
from dataclasses import dataclass
from time import monotonic

from django.conf import settings

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.core.public_ids import encode_id
from apps.vault.sealing import SealBroken, SealKeyMissing, unseal
from apps.webhooks.address_guard import WebhookUrlRefused, find_addresses, read_url
from apps.webhooks.services.claim_deliveries import ClaimedDelivery
from apps.webhooks.signing import signature_headers
from apps.webhooks.transport import NoAnswer, post

logger = logging.getLogger(__name__)

SECRET_CONTEXT = "webhooks_endpoint.secret"  # noqa: S105 (a name, not a secret)


@dataclass(frozen=True, slots=True)
class Tried:
    """What one try met: an HTTP status, or, without an answer, the error in a few words."""

    status_code: int | None
    error: str
    # The header, if any.
    retry_after: str = ""
    took_s: float = 0.0

    @property
    def is_taken(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def deliver_webhook(claimed: ClaimedDelivery) -> Tried:
    """Send one webhook; returns what came of it, for mark_deliveries.

    At least once: a crash after the send repeats it, under the same webhook-id. Whatever is wrong
    with the endpoint is a result, not an exception.
    """
    begun = monotonic()
    body = claimed.body.encode()
    try:
        headers = signature_headers(
            secret=_unseal(claimed, claimed.secret_sealed),
            previous_secret=_unseal(claimed, claimed.previous_secret_sealed),
            webhook_id=encode_id("evt", claimed.event_id),
            body=body,
            now=database_clock.now(),
        )
    except (SealBroken, SealKeyMissing) as error:
        logger.error(
            "signing secret unreadable",
            extra={"endpoint_id": str(claimed.endpoint_id), "reason": str(error)},
        )
        return Tried(None, "signing secret unreadable")
    headers["Content-Type"] = "application/json"
    headers["User-Agent"] = "LOMI-Webhooks/1"
    failpoint("webhooks.deliver.before_send")
    tried = _send(claimed, body, headers, begun)
    failpoint("webhooks.deliver.after_send")
    return tried


def _unseal(claimed: ClaimedDelivery, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    return unseal(sealed, context=SECRET_CONTEXT, row_id=claimed.endpoint_id)


def _send(claimed: ClaimedDelivery, body: bytes, headers: dict[str, str], begun: float) -> Tried:
    """The address is checked anew, and connected to as checked."""
    status_code, error, retry_after = None, "", ""
    try:
        target = read_url(claimed.url, livemode=claimed.livemode)
        addresses = find_addresses(target)
        left_s = settings.WEBHOOK_TIMEOUT_S - (monotonic() - begun)
        answer = post(target, addresses, headers=headers, body=body, timeout_s=left_s)
        status_code, retry_after = answer.status_code, answer.retry_after
    except WebhookUrlRefused as refused:
        error = f"URL refused: {refused.detail}"
    except NoAnswer as nothing:
        error = str(nothing)
    return Tried(status_code, error, retry_after, took_s=monotonic() - begun)
