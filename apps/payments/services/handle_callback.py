from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection, transaction

from apps.core.failpoints import failpoint
from apps.core.fast_rows import build, columns
from apps.core.outbox import ClaimedMessage
from apps.core.write_together import write_together
from apps.payments.lifecycle import Heard
from apps.payments.models import Attempt, AttemptStatus, StatusChange
from apps.payments.selectors.load_attempt import load_attempts
from apps.payments.services.apply_result import apply_results
from apps.payments.services.refresh_attempt import ask_provider
from apps.payments.services.take_news import memory_of
from apps.providers.contract import CallbackRejected, CallbackRequest, ParsesCallbacks
from apps.providers.models import Callback
from apps.providers.registry import connector_for
from apps.providers.services.store_callback import BODY_CONTEXT
from apps.vault.sealing import unseal

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenedCallback:
    """A callback with what it is about. `id` is the outbox message's."""

    id: UUID
    callback: Callback
    attempt: Attempt | None


def open_callbacks(messages: list[ClaimedMessage]) -> list[OpenedCallback]:
    """Read the callbacks of these messages and the attempts they name. Two queries."""
    message_ids = {UUID(message.payload["callback_id"]): message.id for message in messages}
    with connection.cursor() as cursor:
        cursor.execute(_select(), [list(message_ids)])
        callbacks = [build(Callback, row) for row in cursor.fetchall()]
    attempts = load_attempts({callback.attempt_id for callback in callbacks})
    return [
        OpenedCallback(
            id=message_ids[callback.pk],
            callback=callback,
            attempt=attempts.get(callback.attempt_id),
        )
        for callback in callbacks
    ]


def handle_callback(opened: OpenedCallback) -> Heard | None:
    """A callback is a hint: check what can be checked, then ask the provider.

    Returns what the provider said, for close_callbacks; None when there was nothing to ask.
    """
    callback, attempt = opened.callback, opened.attempt
    callback.note = _refusal(callback, attempt)
    if attempt is None or callback.note:
        callback.status = Callback.Status.REJECTED
        return None
    callback.status = Callback.Status.HANDLED
    if attempt.status == AttemptStatus.SUCCEEDED:
        callback.note = "already final"
        return None
    failpoint("callbacks.handle.before_query")
    heard = ask_provider(attempt, source=StatusChange.Source.CALLBACK)
    failpoint("callbacks.handle.after_query")
    return heard


@transaction.atomic
def close_callbacks(handled: list[tuple[OpenedCallback, Heard | None]], *, now: datetime) -> None:
    """Apply what was heard and write down what became of each callback. Safe to repeat."""
    heard = [one for _, one in handled if one is not None]
    attempts = apply_results(heard, now=now) if heard else {}
    callbacks = [opened.callback for opened, _ in handled]
    for callback in callbacks:
        if callback.attempt_id in attempts and not callback.note:
            callback.note = f"asked: {attempts[callback.attempt_id].payment.status}"
        callback.handled_at = now
    write_together([], dict.fromkeys(callbacks, ("status", "note", "handled_at")))


@cache
def _select() -> str:
    # Our own columns.
    return f"SELECT {columns(Callback, 'c')} FROM providers_callback c WHERE c.id = ANY(%s)"  # noqa: S608


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
