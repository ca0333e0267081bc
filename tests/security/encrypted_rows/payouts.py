from __future__ import annotations

from django.utils import timezone

from apps.core.public_ids import new_id
from apps.payments.models import Payment
from apps.payouts.models import Payout
from apps.payouts.rules.payee import PAYEE_CONTEXT, PAYEE_INDEX
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from tests.security.encrypted_rows.payments import NUMBER


def make(payment: Payment) -> None:
    payout_id = new_id()
    Payout.objects.create(
        id=payout_id,
        merchant=payment.merchant,
        livemode=False,
        amount=100,
        currency="XAF",
        payee_msisdn_encrypted=encrypt(NUMBER, context=PAYEE_CONTEXT, row_id=payout_id),
        payee_msisdn_index=search_index(NUMBER, purpose=PAYEE_INDEX),
        status="pending",
        created_at=timezone.now(),
    )
