"""The payee's number as a payout keeps it."""

from __future__ import annotations

from apps.payouts.models import Payout
from apps.vault.encryption import decrypt

PAYEE_CONTEXT = "payouts_payout.payee_msisdn"
# Not the payer's: nobody can see in the tables alone that one person paid and was paid.
PAYEE_INDEX = "payee_msisdn"
# Where every payout goes, as lines of fee plans say it.
PAYOUT_METHOD = "mobile_money"


def payee_msisdn(payout: Payout) -> str:
    """Decrypted. Raises DecryptionFailed, EncryptionKeyMissing."""
    return decrypt(payout.payee_msisdn_encrypted, context=PAYEE_CONTEXT, row_id=payout.pk)
