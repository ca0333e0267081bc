from __future__ import annotations

from django.utils import timezone

from apps.core.models import IdempotencyRecord
from apps.core.public_ids import new_id
from apps.merchants.services.idempotent_response import CONTEXT as ANSWER_CONTEXT
from apps.payments.models import Payment
from apps.vault.encryption import encrypt


def idempotency_record(body: bytes, *, record_id=None) -> IdempotencyRecord:
    return IdempotencyRecord.objects.create(
        id=record_id or new_id(),
        scope="a merchant",
        endpoint="POST /api/v1/webhook_endpoints",
        key=str(new_id()),
        digest=b"digest",
        status_code=201,
        body=body,
        created_at=timezone.now(),
    )


def make(payment: Payment) -> None:
    record_id = new_id()
    idempotency_record(
        encrypt('\n{"secret":"x"}', context=ANSWER_CONTEXT, row_id=record_id), record_id=record_id
    )
