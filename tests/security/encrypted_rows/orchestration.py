from __future__ import annotations

import json

from apps.orchestration.services.take_reply import STATE_CONTEXT
from apps.payments.models import Payment
from apps.vault.encryption import encrypt


def make(payment: Payment) -> None:
    attempt = payment.attempts.get()
    attempt.connector_state_encrypted = encrypt(
        json.dumps({"pay_token": "v1"}), context=STATE_CONTEXT, row_id=attempt.pk
    )
    attempt.save(update_fields=["connector_state_encrypted"])
