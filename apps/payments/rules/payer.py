"""The payer's number as a payment keeps it, and the payer's page."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from apps.payments.models import Payment
from apps.vault.blind_index import search_index
from apps.vault.encryption import decrypt, encrypt
from apps.vault.masking import mask_msisdn
from apps.vault.tokens import sign_token

PAYER_CONTEXT = "payments_payment.payer_msisdn"
PAYER_INDEX = "payer_msisdn"


def payer_msisdn(payment: Payment) -> str:
    """Decrypted. Raises DecryptionFailed, EncryptionKeyMissing."""
    return decrypt(payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk)


def set_payer(payment: Payment, msisdn: str) -> None:
    """Write the number into the row, unsaved; "" where it is not known yet."""
    payment.payer_msisdn_encrypted = encrypt(msisdn, context=PAYER_CONTEXT, row_id=payment.pk)
    payment.payer_msisdn_index = search_index(msisdn, purpose=PAYER_INDEX)
    payment.payer_msisdn_masked = mask_msisdn(msisdn)


def payer_page_url(payment_id: UUID) -> str:
    """Where the payer reads how the payment stands, and says which number pays."""
    return f"{settings.PUBLIC_URL}/pay/{sign_token('payer_page', payment_id)}"
