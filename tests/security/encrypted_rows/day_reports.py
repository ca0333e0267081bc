from __future__ import annotations

from django.utils import timezone

from apps.payments.models import Payment
from tests.day_reports.rows import new_subscription


def make(payment: Payment) -> None:
    new_subscription(payment.merchant, now=timezone.now())
