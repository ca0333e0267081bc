from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.database_errors import is_away, is_busy
from apps.core.failpoints import failpoint
from apps.core.work import outbox
from apps.core.work.concurrency_limiter import ConcurrencyLimiter
from apps.core.work.outbox import ClaimedMessage
from apps.orchestration.due_work import SLOW
from apps.orchestration.models import Attempt, AttemptStatus, StatusChange
from apps.orchestration.rules.judge_reply import ProviderReply
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.refresh_attempt import ask_provider
from apps.orchestration.services.take_reply import read_state
from apps.providers.contract import CallbackRejected, ParsesCallbacks
from apps.providers.models import Callback
from apps.providers.registry import connector_for
from apps.providers.selectors.load_callbacks import load_callbacks
from apps.providers.services.forget_surplus_callbacks import forget_surplus_callbacks
from apps.providers.services.named_references import named_references
from apps.providers.services.read_callback import read_callback
from apps.providers.services.store_callback import TOPIC

logger = logging.getLogger(__name__)


# Of the topic's 64 threads.
callback_limiter = ConcurrencyLimiter(first=4, most=24, troubled_most=16, slow=SLOW, stuck=SLOW)

# In one claim: what an account that hangs is owed must not hide what another is.
PUT_OFF_MAX = 2_000


@dataclass(frozen=True, slots=True)
class OpenedCallback:
    """A callback with what it is about. `id` is the outbox message's."""

    id: UUID
    callback: Callback
    attempt: Attempt | None
    message: ClaimedMessage

    @property
    def account(self) -> UUID | None:
        """Whom handling it asks; None: nobody."""
        if self.attempt is None or self.attempt.status == AttemptStatus.SUCCEEDED:
            return None
        return self.attempt.provider_account_id


class ReceivedCallbacks:
    """Where the due work of "callback.received" lies: its outbox messages, opened, of accounts that
    have a free slot. The others are put off, so that they hold neither a thread nor the others."""

    def __init__(self) -> None:
        self._has_more = False

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[OpenedCallback]:
        taken: list[OpenedCallback] = []
        put_off: list[UUID] = []
        while True:
            wanted = limit - len(taken)
            messages = outbox.claim(TOPIC, limit=wanted, now=now, done=done)
            opened, unreadable = _open_each(messages, now=now) if messages else ([], set())
            # Of a callback that is gone nothing is to be done.
            done = list({message.id for message in messages} - {one.id for one in opened})
            done = [one for one in done if one not in unreadable]
            for one in opened:
                if one.account is None or callback_limiter.try_acquire(one.id, [one.account], now):
                    taken.append(one)
                else:
                    put_off.append(one.id)
            if len(messages) < wanted or len(taken) >= limit or len(put_off) >= PUT_OFF_MAX:
                break
        if done:
            outbox.delete_done(done)
        if put_off:
            outbox.put_off(put_off, now=now)
        self._has_more = bool(put_off)
        return taken

    def has_more(self) -> bool:
        """Whether some were put off: one that is handled may make room for them."""
        return self._has_more

    def finish(self, done: Sequence[UUID]) -> None:
        outbox.delete_done(done)

    def put_back(self, item: OpenedCallback, *, error: str, now: datetime) -> None:
        outbox.put_back(item.message, error=error, now=now)


def _open_each(
    messages: list[ClaimedMessage], *, now: datetime
) -> tuple[list[OpenedCallback], set[UUID]]:
    """The callbacks opened, and the messages that say nothing readable, which are put back: one of
    them must not hide the others."""
    try:
        return open_callbacks(messages), set()
    except Exception as error:
        if is_away(error) or is_busy(error):
            raise
        if len(messages) == 1:
            logger.exception("work failed", extra={"item": str(messages[0].id)})
            outbox.put_back(messages[0], error=f"{type(error).__name__}: {error}", now=now)
            return [], {messages[0].id}
    opened: list[OpenedCallback] = []
    unreadable: set[UUID] = set()
    for message in messages:
        found, broken = _open_each([message], now=now)
        opened += found
        unreadable |= broken
    return opened, unreadable


def open_callbacks(messages: list[ClaimedMessage]) -> list[OpenedCallback]:
    """Read the callbacks of these messages and the attempts they name. Two queries."""
    by_callback = {UUID(message.payload["callback_id"]): message for message in messages}
    callbacks = load_callbacks(by_callback)
    _find_attempts(callbacks)
    attempts = load_attempts({one.attempt_id for one in callbacks if one.attempt_id})
    return [
        OpenedCallback(
            id=by_callback[callback.pk].id,
            callback=callback,
            attempt=attempts.get(callback.attempt_id) if callback.attempt_id else None,
            message=by_callback[callback.pk],
        )
        for callback in callbacks
    ]


def _find_attempts(callbacks: Sequence[Callback]) -> None:
    """Of callbacks to an account's address, the attempts that they name: of each one that has not
    succeeded first, for a callback leads to one question. One query at most."""
    named: dict[UUID, Sequence[UUID]] = {}
    for callback in callbacks:
        if callback.attempt_id is None and callback.provider_account_id is not None:
            try:
                named[callback.pk] = named_references(callback)
            except CallbackRejected as error:
                callback.note = str(error)
    references = {reference for each in named.values() for reference in each}
    if not references:
        return
    attempts = {
        attempt.reference: attempt
        for attempt in Attempt.objects.filter(reference__in=references).only(
            "reference", "provider_account_id", "status"
        )
    }
    for callback in callbacks:
        known = [attempts[one] for one in named.get(callback.pk, ()) if one in attempts]
        own = [one for one in known if one.provider_account_id == callback.provider_account_id]
        own.sort(key=lambda attempt: attempt.status == AttemptStatus.SUCCEEDED)
        callback.attempt_id = own[0].pk if own else None


def handle_callback(opened: OpenedCallback) -> ProviderReply | None:
    """A callback is a hint: check what can be checked, then ask the provider.

    Returns what the provider said, for close_callbacks; None when there was nothing to ask.
    """
    callback, attempt = opened.callback, opened.attempt
    callback.note = callback.note or _refusal(callback, attempt)
    if attempt is None or callback.note:
        callback.status = Callback.Status.REJECTED
        return None
    callback.status = Callback.Status.HANDLED
    if attempt.status == AttemptStatus.SUCCEEDED:
        callback.note = "already final"
        return None
    failpoint("callbacks.handle.before_query")
    reply = ask_provider(attempt, source=StatusChange.Source.CALLBACK)
    failpoint("callbacks.handle.after_query")
    return reply


@transaction.atomic
def close_callbacks(
    handled: list[tuple[OpenedCallback, ProviderReply | None]], *, now: datetime
) -> None:
    """Apply the replies and write down what became of each callback. Safe to repeat."""
    replies = [one for _, one in handled if one is not None]
    attempts = apply_replies(replies, now=now) if replies else {}
    callbacks = [opened.callback for opened, _ in handled]
    for callback in callbacks:
        if callback.attempt_id in attempts and not callback.note:
            callback.note = f"asked: {attempts[callback.attempt_id].owner.status}"
        callback.handled_at = now
    bulk_write([], dict.fromkeys(callbacks, ("attempt_id", "status", "note", "handled_at")))
    forget_surplus_callbacks([callback.pk for callback in callbacks])


def _refusal(callback: Callback, attempt: Attempt | None) -> str:
    if attempt is None:
        return "no such attempt"
    if attempt.provider_account.connector != callback.connector:
        return "sent to another provider's address"
    connector = connector_for(attempt.provider_account)
    if not isinstance(connector, ParsesCallbacks):
        return "this provider sends no callbacks"
    try:
        connector.parse_callback(read_callback(callback, connector_state=read_state(attempt)))
    except CallbackRejected as error:
        logger.warning("callback rejected", extra={"callback_id": str(callback.pk)})
        return str(error)
    return ""
