from __future__ import annotations

from django.utils import timezone

from apps.payments.models import Payment
from apps.providers.services.stage_credentials import stage_credentials
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
    stage_credentials(
        account_id=attempt.provider_account_id,
        connector="wave",
        credentials={"api_key": "x"},
        now=timezone.now(),
    )
