"""Doors of the worker: what config/outbox_routes.py and the beat name, one call each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from celery import shared_task

from apps.core import database_clock
from apps.core.outbox import ClaimedMessage
from apps.payments.due_work import Due
from apps.payments.lifecycle import Heard
from apps.payments.models import Attempt, StatusChange
from apps.payments.selectors.load_attempt import load_attempts
from apps.payments.services import claim_attempts as claiming
from apps.payments.services import handle_callback as callbacks
from apps.payments.services import submit_attempt as submitting
from apps.payments.services.apply_result import apply_results
from apps.payments.services.expire_due_payments import expire_due_payments
from apps.payments.services.refresh_attempt import ask_provider


def claim_attempts(messages: list[ClaimedMessage]) -> list[claiming.ClaimedAttempt]:
    return claiming.claim_attempts(messages)


def submit(claimed: claiming.ClaimedAttempt) -> Heard:
    return submitting.submit_attempt(claimed)


def open_callbacks(messages: list[ClaimedMessage]) -> list[callbacks.OpenedCallback]:
    return callbacks.open_callbacks(messages)


def handle_callback(opened: callbacks.OpenedCallback) -> Heard | None:
    return callbacks.handle_callback(opened)


def close_callbacks(handled: list[tuple[callbacks.OpenedCallback, Heard | None]]) -> None:
    callbacks.close_callbacks(handled, now=database_clock.now())


@dataclass(frozen=True, slots=True)
class Asking:
    """An attempt whose provider is to be asked."""

    id: UUID
    attempt: Attempt


def load_due(due: list[Due]) -> list[Asking]:
    return [Asking(pk, attempt) for pk, attempt in load_attempts([one.id for one in due]).items()]


def poll(asking: Asking) -> Heard | None:
    return ask_provider(asking.attempt, source=StatusChange.Source.POLL)


def apply(finished: list[tuple[Any, Heard | None]]) -> None:
    heard = [one for _, one in finished if one is not None]
    if heard:
        apply_results(heard, now=database_clock.now())


@shared_task(name="payments.expire_due")
def expire_due() -> None:
    expire_due_payments(now=database_clock.now())
