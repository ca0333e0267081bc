from __future__ import annotations

from django.utils import timezone

from apps.payments.models import Payment
from apps.providers.services.store_callback import store_callback
from tests.fakes import FAKE


def make(payment: Payment) -> None:
    attempt = payment.attempts.get()
    store_callback(
        connector=FAKE,
        attempt_id=attempt.pk,
        method="POST",
        content_type="application/json",
        headers={"wave-signature": "t=1,v1=ab"},
        body=b'{"payer":"237677000001"}',
        now=timezone.now(),
    )
