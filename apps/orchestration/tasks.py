"""Doors of the worker: what config/outbox_routes.py and the beat name, one call each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID

from apps.core import database_clock
from apps.core.work.concurrency_limiter import ConcurrencyLimiter
from apps.orchestration.due_work import Due, forget_failures, question_limiter, submission_limiter
from apps.orchestration.models import Attempt, StatusChange
from apps.orchestration.rules.judge_reply import ProviderReply
from apps.orchestration.selectors.load_attempts import load_attempts
from apps.orchestration.services import handle_callback as callbacks
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.claim_attempts import ClaimedAttempt
from apps.orchestration.services.refresh_attempt import ask_provider
from apps.orchestration.services.submit_attempt import submit_attempt
from apps.providers.contract import NotSent, OutcomeUnknown

Item = TypeVar("Item")


def submit(claimed: ClaimedAttempt) -> ProviderReply | None:
    return _in_slot(submission_limiter, claimed.id, submit_attempt, claimed)


def handle_callback(opened: callbacks.OpenedCallback) -> ProviderReply | None:
    return _in_slot(callbacks.callback_limiter, opened.id, callbacks.handle_callback, opened)


def close_callbacks(handled: list[tuple[callbacks.OpenedCallback, ProviderReply | None]]) -> None:
    callbacks.close_callbacks(handled, now=database_clock.now())


@dataclass(frozen=True, slots=True)
class Asking:
    """An attempt whose provider is to be asked."""

    id: UUID
    attempt: Attempt


def load_due(due: list[Due]) -> list[Asking]:
    return [Asking(pk, attempt) for pk, attempt in load_attempts([one.id for one in due]).items()]


def poll(asking: Asking) -> ProviderReply | None:
    return _in_slot(question_limiter, asking.id, _ask, asking)


def apply(finished: list[tuple[Any, ProviderReply | None]]) -> None:
    replies = [one for _, one in finished if one is not None]
    if replies:
        apply_replies(replies, now=database_clock.now())


def apply_polled(finished: list[tuple[Asking, ProviderReply | None]]) -> None:
    apply(finished)
    forget_failures([asking.attempt for asking, _ in finished])


def _ask(asking: Asking) -> ProviderReply | None:
    return ask_provider(asking.attempt, source=StatusChange.Source.POLL)


def _in_slot(
    limiter: ConcurrencyLimiter,
    item_id: UUID,
    call: Callable[[Item], ProviderReply | None],
    item: Item,
) -> ProviderReply | None:
    """Make this call and give its slot back, with how the provider answered."""
    begun = monotonic()
    is_taken = None
    try:
        reply = call(item)
        if reply is not None:
            # Whoever answers is there, whatever the answer.
            is_taken = not isinstance(reply.answer, NotSent | OutcomeUnknown)
        return reply
    finally:
        took = timedelta(seconds=monotonic() - begun)
        limiter.release(item_id, is_taken=is_taken, took=took, now=database_clock.now())
