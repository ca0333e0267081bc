from __future__ import annotations

from apps.orchestration.models import Attempt
from apps.payments.models import Payment


def was_named_later(payment: Payment, attempt: Attempt) -> bool:
    """Whether the payment's number may be another than this attempt of it asked: its payer may have
    named it since. One query, and none where she names no number."""
    return bool(payment.payer_choice) and payment.attempts.filter(pk__gt=attempt.pk).exists()
