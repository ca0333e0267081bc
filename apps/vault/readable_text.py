from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt


def readable_text(encrypted: bytes | memoryview, *, context: str, row_id: UUID) -> str:
    """What people wrote, decrypted; "" of nothing. All around it stays readable though this one
    text is not: then a sentence says so."""
    if not encrypted:
        return ""
    try:
        return decrypt(encrypted, context=context, row_id=row_id)
    except (DecryptionFailed, EncryptionKeyMissing):
        return _("(This text does not open: its key is missing, or it was altered.)")
