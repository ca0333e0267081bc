from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.payments.services.book_late_success import book_late_success
from apps.reconciliation.services.decide_attempt import decide_attempt


def accept_late_success(payload: Mapping[str, Any], **decided: Any) -> None:
    """What the action "payment.book_late_success" does: the payment is booked as paid. The
    payload's `amount` is what was collected."""
    decide_attempt(book_late_success, payload, **decided)
