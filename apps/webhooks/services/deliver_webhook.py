from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import requests
from django.conf import settings
from django.utils import timezone
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from apps.core.failpoints import failpoint
from apps.core.public_ids import encode_id
from apps.vault.sealing import unseal
from apps.webhooks.services.claim_deliveries import ClaimedDelivery
from apps.webhooks.signing import signature_headers
from apps.webhooks.transport import session

# What of an answer is read at most.
REST_BYTES_MAX = 16_384

SECRET_CONTEXT = "webhooks_endpoint.secret"  # noqa: S105 (a name, not a secret)


@dataclass(frozen=True, slots=True)
class Tried:
    """What one try met: an HTTP status, or, without an answer, the error in a word."""

    status_code: int | None
    error: str

    @property
    def is_taken(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def deliver_webhook(claimed: ClaimedDelivery) -> Tried:
    """Send one webhook; returns what came of it, for mark_deliveries.

    At least once: a crash after the send repeats it, under the same webhook-id.
    """
    body = claimed.body.encode()
    secret = unseal(claimed.secret_sealed, context=SECRET_CONTEXT, row_id=claimed.endpoint_id)
    headers = signature_headers(
        secret=secret,
        webhook_id=encode_id("evt", claimed.event_id),
        body=body,
        now=timezone.now(),
    )
    headers["Content-Type"] = "application/json"
    headers["User-Agent"] = "LOMI-Webhooks/1"
    failpoint("webhooks.deliver.before_send")
    tried = _send(claimed.url, body, headers)
    failpoint("webhooks.deliver.after_send")
    return tried


def _send(url: str, body: bytes, headers: dict[str, str]) -> Tried:
    try:
        answer = session().post(
            url,
            data=body,
            headers=headers,
            timeout=settings.WEBHOOK_TIMEOUT_S,
            allow_redirects=False,
            stream=True,
        )
        with answer:
            _read_rest(answer.raw)
        return Tried(answer.status_code, "")
    except requests.RequestException as error:
        return Tried(None, type(error).__name__)
    except (OSError, ValueError) as error:
        # An unusable URL.
        return Tried(None, type(error).__name__)


def _read_rest(raw: HTTPResponse) -> None:
    """Read the little that is sent, so that the connection can be used again.

    The status counts whatever follows it, and nobody waits for a body that trickles in.
    """
    left = REST_BYTES_MAX
    give_up_at = monotonic() + settings.WEBHOOK_TIMEOUT_S
    try:
        while left > 0 and monotonic() < give_up_at:
            part = raw.read1(left, decode_content=False)
            if not part:
                return
            left -= len(part)
    except (HTTPError, OSError):
        return
