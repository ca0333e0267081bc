from __future__ import annotations

import logging
from datetime import datetime
from time import monotonic

import requests
from django.conf import settings
from django.db import connection
from django.utils import timezone
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from apps.core.failpoints import failpoint
from apps.core.public_ids import encode_id
from apps.vault.sealing import unseal
from apps.webhooks.models import Delivery
from apps.webhooks.retry_schedule import delay_after
from apps.webhooks.services.claim_deliveries import ClaimedDelivery
from apps.webhooks.signing import signature_headers
from apps.webhooks.transport import session

logger = logging.getLogger(__name__)

# What of an answer is read at most.
REST_BYTES_MAX = 16_384

SECRET_CONTEXT = "webhooks_endpoint.secret"  # noqa: S105 (a name, not a secret)


def deliver_webhook(claimed: ClaimedDelivery) -> None:
    """Send one webhook and write down what came of it.

    Any 2xx is taken; everything else, 4xx included, is tried again by the retry schedule and in
    the end given up visibly. At least once: a crash after the send repeats it, under the same
    webhook-id.
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
    status_code, error = _send(claimed.url, body, headers)
    failpoint("webhooks.deliver.after_send")
    _mark(claimed, status_code=status_code, error=error, now=timezone.now())
    failpoint("webhooks.mark.after_commit")


def _send(url: str, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
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
        return answer.status_code, ""
    except requests.RequestException as error:
        return None, type(error).__name__
    except (OSError, ValueError) as error:
        # An unusable URL.
        return None, type(error).__name__


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


def _mark(claimed: ClaimedDelivery, *, status_code: int | None, error: str, now: datetime) -> None:
    is_taken = status_code is not None and 200 <= status_code < 300
    delay = None if is_taken else delay_after(claimed.tries)
    reason = "" if is_taken else error or f"HTTP {status_code}"
    if is_taken:
        status = Delivery.Status.DELIVERED
    else:
        status = Delivery.Status.PENDING if delay else Delivery.Status.FAILED
        logger.info("webhook not taken", extra={"delivery_id": str(claimed.id), "reason": reason})
    with connection.cursor() as cursor:
        # A later claim of the same delivery has its own say.
        cursor.execute(
            """
            UPDATE webhooks_delivery
               SET status = %s, next_attempt_at = %s, delivered_at = %s,
                   last_status_code = %s, last_error = %s
             WHERE id = %s AND status = 'pending' AND tries = %s
            """,
            [
                status.value,
                now + delay if delay else None,
                now if is_taken else None,
                status_code,
                reason[:300],
                claimed.id,
                claimed.tries,
            ],
        )
