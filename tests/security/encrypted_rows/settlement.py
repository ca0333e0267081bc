from __future__ import annotations

from django.utils import timezone

from apps.core.public_ids import new_id
from apps.payments.models import Payment
from apps.settlement.models import BankFile
from apps.settlement.rules.contexts import FILE_CONTEXT, SEALED_CONTEXT
from apps.vault.encryption import encrypt
from tests.settlement.rows import new_terms


def make(payment: Payment) -> None:
    """Its payee, and a file for the bank."""
    now = timezone.now()
    new_terms(payment.merchant, now=now)
    file_id = new_id()
    BankFile.objects.create(
        id=file_id,
        livemode=False,
        currency="XAF",
        count=1,
        amount=1,
        content_encrypted=encrypt("<Document/>", context=FILE_CONTEXT, row_id=file_id),
        sealed_encrypted=encrypt("AAAA", context=SEALED_CONTEXT, row_id=file_id),
        digest=b"",
        status="draft",
        created_by="user:1",
        created_at=now,
    )
