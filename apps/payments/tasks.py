"""Doors of the worker: what config/outbox_routes.py and the beat name, one call each."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.core.outbox import ClaimedMessage
from apps.payments.due_work import Due
from apps.payments.models import StatusChange
from apps.payments.selectors.expiring_payments import expiring_payments
from apps.payments.services import claim_attempts as claiming
from apps.payments.services import handle_callback as callbacks
from apps.payments.services import submit_attempt as submitting
from apps.payments.services.expire_payment import expire_payment
from apps.payments.services.refresh_attempt import refresh_attempt


def claim_attempts(messages: list[ClaimedMessage]) -> list[claiming.ClaimedAttempt]:
    return claiming.claim_attempts(messages)


def submit(claimed: claiming.ClaimedAttempt) -> None:
    submitting.submit_attempt(claimed)


def handle_callback(message: ClaimedMessage) -> None:
    callbacks.handle_callback(message)


def poll(due: Due) -> None:
    refresh_attempt(attempt_id=due.id, source=StatusChange.Source.POLL)


@shared_task(name="payments.expire_due")
def expire_due() -> None:
    now = timezone.now()
    for payment_id in expiring_payments(now=now):
        expire_payment(payment_id=payment_id, now=now)
