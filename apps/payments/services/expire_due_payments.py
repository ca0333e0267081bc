from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from apps.core.work.outbox import enqueue
from apps.orchestration.models import Attempt
from apps.orchestration.services.contradict_attempt import TOPIC
from apps.payments.selectors.expiring_payments import expiring_payments
from apps.payments.services.expire_payment import expire_payment

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExpirySummary:
    expired: int
    failed: int


def expire_due_payments(*, now: datetime) -> ExpirySummary:
    """Expire every payment whose time is over, each alone: one that cannot be is handed to a
    person, and harms no other.

    Raises:
        OperationalError, InterfaceError: the database is away; the rest waits for the next run.
    """
    expired = failed = 0
    after: tuple[datetime, UUID] | None = None
    while batch := expiring_payments(now=now, after=after):
        for _, payment_id in batch:
            try:
                expired += expire_payment(payment_id=payment_id, now=now)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                failed += 1
                logger.exception(
                    "payment could not be expired", extra={"payment_id": str(payment_id)}
                )
                _call_a_person(payment_id, error, now=now)
        after = batch[-1]
    return ExpirySummary(expired, failed)


@transaction.atomic
def _call_a_person(payment_id: UUID, error: Exception, *, now: datetime) -> None:
    attempt_id = (
        Attempt.objects.filter(owner_id=payment_id)
        .order_by("-id")
        .values_list("id", flat=True)
        .first()
    )
    if attempt_id is not None:
        detail = f"the payment could not be expired: {type(error).__name__}"
        enqueue(TOPIC, now=now, attempt_id=str(attempt_id), detail=detail)
