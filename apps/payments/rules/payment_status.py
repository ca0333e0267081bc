from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from apps.orchestration.models import ATTEMPT_FINAL, AttemptStatus
from apps.payments.models import PaymentStatus
from apps.providers.contract import FailureCode


class AttemptState(Protocol):
    """What of an attempt decides about its payment."""

    status: str
    failure_code: str
    needs_person: bool


# What a payment does not leave because of an attempt that did not succeed.
_ENDED = {
    PaymentStatus.SUCCEEDED,
    PaymentStatus.FAILED,
    PaymentStatus.EXPIRED,
    PaymentStatus.CANCELED,
}

_OPEN = {
    AttemptStatus.REQUIRES_ACTION: PaymentStatus.REQUIRES_ACTION,
    AttemptStatus.AUTHORIZED: PaymentStatus.AUTHORIZED,
}


def payment_status(
    *, current: PaymentStatus, failure_code: str, attempts: Sequence[AttemptState]
) -> tuple[PaymentStatus, str]:
    """The payment's status and failure code, from all its attempts, oldest first.

    The table of moves may refuse it: then the attempts contradict what was told.
    """
    if any(attempt.status == AttemptStatus.SUCCEEDED for attempt in attempts):
        return PaymentStatus.SUCCEEDED, ""
    if current in _ENDED:
        return current, failure_code
    waiting = [attempt for attempt in attempts if attempt.status not in ATTEMPT_FINAL]
    if not waiting:
        if any(attempt.needs_person for attempt in attempts):
            # The provider knows of one that we had closed: a person finds out what it took.
            return PaymentStatus.VERIFYING, ""
        return (
            PaymentStatus.FAILED,
            attempts[-1].failure_code or FailureCode.PROVIDER_UNAVAILABLE.value,
        )
    latest = waiting[-1]
    if latest.status == AttemptStatus.UNKNOWN:
        # Whether time is over or not: we do not know, so we do not say.
        return PaymentStatus.VERIFYING, ""
    if latest.failure_code == FailureCode.PAYER_TIMED_OUT:
        return PaymentStatus.EXPIRED, FailureCode.PAYER_TIMED_OUT.value
    return _OPEN.get(AttemptStatus(latest.status), PaymentStatus.PENDING), ""
