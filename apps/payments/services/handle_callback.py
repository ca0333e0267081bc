from __future__ import annotations

import logging
from contextlib import suppress
from functools import cache
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.core.failpoints import failpoint
from apps.core.fast_rows import build, columns
from apps.core.outbox import ClaimedMessage
from apps.payments.models import ATTEMPT_FINAL, Attempt, StatusChange
from apps.payments.selectors.load_attempt import load_attempt
from apps.payments.services.apply_result import memory_of
from apps.payments.services.refresh_attempt import ask_provider
from apps.providers.contract import CallbackRejected, CallbackRequest, ParsesCallbacks
from apps.providers.models import Callback
from apps.providers.registry import connector_for
from apps.providers.services.store_callback import BODY_CONTEXT
from apps.vault.sealing import unseal

logger = logging.getLogger(__name__)


def handle_callback(message: ClaimedMessage) -> None:
    """A callback is a hint: check what can be checked, then ask the provider. Safe to repeat."""
    callback = _load(UUID(message.payload["callback_id"]))
    attempt: Attempt | None = None
    with suppress(Attempt.DoesNotExist):
        attempt = load_attempt(callback.attempt_id)
    refusal = _refusal(callback, attempt)
    if attempt is None or refusal:
        _close(callback, Callback.Status.REJECTED, refusal)
        return
    note = "already final"
    if attempt.status not in ATTEMPT_FINAL:
        failpoint("callbacks.handle.before_query")
        payment = ask_provider(attempt, source=StatusChange.Source.CALLBACK)
        failpoint("callbacks.handle.after_query")
        note = f"asked: {payment.status}"
    _close(callback, Callback.Status.HANDLED, note)


def _load(callback_id: UUID) -> Callback:
    with connection.cursor() as cursor:
        cursor.execute(_sql(), [callback_id])
        row = cursor.fetchone()
    if row is None:
        raise Callback.DoesNotExist(str(callback_id))
    return build(Callback, row)


@cache
def _sql() -> str:
    return f"SELECT {columns(Callback, 'c')} FROM providers_callback c WHERE c.id = %s"  # noqa: S608


def _refusal(callback: Callback, attempt: Attempt | None) -> str:
    if attempt is None:
        return "no such attempt"
    if attempt.provider_account.connector != callback.connector:
        return "sent to another provider's address"
    connector = connector_for(attempt.provider_account)
    if not isinstance(connector, ParsesCallbacks):
        return "this provider sends no callbacks"
    body = unseal(callback.body_sealed, context=BODY_CONTEXT, row_id=callback.pk)
    try:
        connector.parse_callback(
            CallbackRequest(
                method=callback.method,
                headers={"content-type": callback.content_type},
                body=body.encode("latin-1"),
                memory=memory_of(attempt),
            )
        )
    except CallbackRejected as error:
        logger.warning("callback rejected", extra={"callback_id": str(callback.pk)})
        return str(error)
    return ""


def _close(callback: Callback, status: Callback.Status, note: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE providers_callback SET status = %s, note = %s, handled_at = %s WHERE id = %s",
            [status.value, note[:200], timezone.now(), callback.pk],
        )
