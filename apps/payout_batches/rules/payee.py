"""The payee's number and name, as a line keeps them."""

from __future__ import annotations

from apps.payout_batches.models import NameCheck, PayoutBatchLine
from apps.payout_batches.rules.contexts import NAME_CONTEXT, PAYEE_CONTEXT, RAIL_NAME_CONTEXT
from apps.vault.encryption import decrypt


def payee_msisdn_of(line: PayoutBatchLine) -> str:
    """Decrypted. Raises DecryptionFailed, EncryptionKeyMissing."""
    assert line.payee_msisdn_encrypted is not None  # noqa: S101 (for the type checker)
    return decrypt(line.payee_msisdn_encrypted, context=PAYEE_CONTEXT, row_id=line.pk)


def payee_name_of(line: PayoutBatchLine) -> str:
    """Decrypted; "" where none was given. Raises DecryptionFailed, EncryptionKeyMissing."""
    if line.payee_name_encrypted is None:
        return ""
    return decrypt(line.payee_name_encrypted, context=NAME_CONTEXT, row_id=line.pk)


def rail_name_of(check: NameCheck) -> str:
    """Decrypted: whom the rail names; "" where that is not kept. Raises DecryptionFailed,
    EncryptionKeyMissing."""
    if check.rail_name_encrypted is None:
        return ""
    return decrypt(check.rail_name_encrypted, context=RAIL_NAME_CONTEXT, row_id=check.pk)
