"""Evidence as it is kept: encrypted, each text and file under its own row."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from uuid import UUID

from apps.core.public_ids import new_id_at
from apps.disputes.models import EvidenceFile, EvidenceText
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt, encrypt
from apps.vault.kept_files import AttachmentUnreadable
from apps.vault.readable_text import readable_text

TEXT_CONTEXT = "disputes_evidencetext.text"
NAME_CONTEXT = "disputes_evidencefile.name"
CONTENT_CONTEXT = "disputes_evidencefile.content"

TEXT_LENGTH_MAX = 5_000
NAME_LENGTH_MAX = 100
FILES_MAX = 10
FILE_BYTES_MAX = 5 * 1024 * 1024

# What a merchant answers with.
ANSWERS = (
    EvidenceText.Kind.RECEIPT,
    EvidenceText.Kind.DELIVERY_PROOF,
    EvidenceText.Kind.CUSTOMER_COMMUNICATION,
    EvidenceText.Kind.EXPLANATION,
)


def new_text(dispute_id: UUID, kind: str, text: str, *, now: datetime) -> EvidenceText:
    """Unsaved."""
    row = EvidenceText(id=new_id_at(now), dispute_id=dispute_id, kind=kind, changed_at=now)
    write_text(row, text)
    return row


def write_text(row: EvidenceText, text: str) -> None:
    row.text_encrypted = encrypt(text, context=TEXT_CONTEXT, row_id=row.pk)


def text_of(row: EvidenceText) -> str:
    """In clear, or that it does not open."""
    return readable_text(row.text_encrypted, context=TEXT_CONTEXT, row_id=row.pk)


def new_file(
    dispute_id: UUID, *, name: str, content: bytes, content_type: str, now: datetime
) -> EvidenceFile:
    """Unsaved."""
    row_id = new_id_at(now)
    return EvidenceFile(
        id=row_id,
        dispute_id=dispute_id,
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
        name_encrypted=encrypt(name, context=NAME_CONTEXT, row_id=row_id),
        content_encrypted=encrypt(
            base64.b64encode(content).decode(), context=CONTENT_CONTEXT, row_id=row_id
        ),
        created_at=now,
    )


def name_of(row: EvidenceFile) -> str:
    """In clear, or that it does not open."""
    return readable_text(row.name_encrypted, context=NAME_CONTEXT, row_id=row.pk)


def content_of(row: EvidenceFile) -> bytes:
    """Decrypted. Raises AttachmentUnreadable."""
    try:
        text = decrypt(row.content_encrypted, context=CONTENT_CONTEXT, row_id=row.pk)
    except (DecryptionFailed, EncryptionKeyMissing):
        raise AttachmentUnreadable from None
    return base64.b64decode(text)
