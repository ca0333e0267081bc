"""The payer's number as a payment keeps it."""

from __future__ import annotations

from apps.payments.models import Payment
from apps.vault.encryption import decrypt

PAYER_CONTEXT = "payments_payment.payer_msisdn"
PAYER_INDEX = "payer_msisdn"


def payer_msisdn(payment: Payment) -> str:
    """Decrypted. Raises DecryptionFailed, EncryptionKeyMissing."""
    return decrypt(payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk)
