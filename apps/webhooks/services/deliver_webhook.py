from __future__ import annotations

import logging
from dataclasses import dataclass
from time import monotonic

from django.conf import settings
from django.db import connection

from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.core.public_ids import encode_id
from apps.core.trace_context import traceparent_of
from apps.core.tracing import is_recording, note, span
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt
from apps.webhooks.address_guard import WebhookUrlRefused, find_addresses, read_url
from apps.webhooks.selectors.find_sendable import Sendable, find_sendable
from apps.webhooks.services.claim_deliveries import ClaimedDelivery
from apps.webhooks.signing import signature_headers
from apps.webhooks.transport import NoAnswer, post

logger = logging.getLogger(__name__)

SECRET_CONTEXT = "webhooks_endpoint.secret"  # noqa: S105 (a name, not a secret)


class _NotWanted(Exception):
    """It should not be sent any more."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What one try met: an HTTP status, or, without an answer, the error in a few words."""

    status_code: int | None
    error: str
    # The header, if any.
    retry_after: str = ""
    took_s: float = 0.0
    # False: at the last look it was not to be sent; nothing was.
    is_sent: bool = True

    @property
    def is_taken(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def deliver_webhook(claimed: ClaimedDelivery) -> Tried:
    """Send one webhook; returns what came of it, for mark_deliveries.

    Whether it is still to be sent, and under which secrets, is looked at last, on the open
    connection. At least once: a crash after the send repeats it, under the same webhook-id.
    Whatever is wrong with the endpoint is a result, not an exception.
    """
    parent = traceparent_of(claimed.event_id, claimed.object_id)
    if not (parent or is_recording()):
        return _deliver(claimed)
    said: dict[str, str | int] = {
        "lomi.event": encode_id("evt", claimed.event_id),
        "lomi.endpoint": str(claimed.endpoint_id),
        "lomi.tries": claimed.tries,
    }
    with span("webhook.deliver", said, kind="CLIENT", parent=parent):
        tried = _deliver(claimed)
        note({"http.response.status_code": tried.status_code or 0, "lomi.taken": tried.is_taken})
    return tried


def _deliver(claimed: ClaimedDelivery) -> Tried:
    begun = monotonic()
    try:
        # The address is checked anew, and connected to as checked.
        target = read_url(claimed.url, livemode=claimed.livemode)
        addresses = find_addresses(target)
        answer = post(
            target,
            addresses,
            headers=lambda: _headers(claimed),
            body=claimed.body.encode(),
            timeout_s=settings.WEBHOOK_TIMEOUT_S - (monotonic() - begun),
        )
    except _NotWanted:
        return Tried(None, "", is_sent=False)
    except WebhookUrlRefused as refused:
        return Tried(None, f"URL refused: {refused.detail}", took_s=monotonic() - begun)
    except NoAnswer as nothing:
        return Tried(None, str(nothing), took_s=monotonic() - begun)
    except (DecryptionFailed, EncryptionKeyMissing) as error:
        logger.error(
            "signing secret unreadable",
            extra={"endpoint_id": str(claimed.endpoint_id), "reason": str(error)},
        )
        return Tried(None, "signing secret unreadable")
    failpoint("webhooks.deliver.after_send")
    return Tried(answer.status_code, "", answer.retry_after, took_s=monotonic() - begun)


def _headers(claimed: ClaimedDelivery) -> dict[str, str]:
    """The signature by the secrets of this moment. Raises _NotWanted."""
    now = database_clock.now()
    sendable = find_sendable(
        delivery_id=claimed.id,
        claim_number=claimed.claim_number,
        life=claimed.life,
        probe_until=claimed.probe_until,
        now=now,
    )
    if not connection.in_atomic_block:
        # The connection is others' while this one waits for the answer.
        connection.close()
    if sendable is None:
        raise _NotWanted
    headers = signature_headers(
        secret=_decrypt(sendable, sendable.secret_encrypted),
        previous_secret=_decrypt(sendable, sendable.previous_secret_encrypted),
        webhook_id=encode_id("evt", claimed.event_id),
        body=claimed.body.encode(),
        now=now,
    )
    headers["Content-Type"] = "application/json"
    headers["User-Agent"] = "LOMI-Webhooks/1"
    failpoint("webhooks.deliver.before_send")
    return headers


def _decrypt(sendable: Sendable, encrypted: bytes | None) -> str:
    if encrypted is None:
        return ""
    return decrypt(encrypted, context=SECRET_CONTEXT, row_id=sendable.endpoint_id)
