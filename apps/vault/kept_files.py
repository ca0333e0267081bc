"""A file that somebody sent: checked, and kept encrypted in the columns of a row.

`media_type` is what its content is, whatever it was called.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.core.attachment_type import FILE_BYTES_MAX, attachment_type
from apps.core.clean_text import clean_file_name
from apps.core.errors import DomainError
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt, encrypt
from apps.vault.models import KeptFile


class AttachmentTooLarge(DomainError):
    code = "attachment_too_large"
    status = 422
    title = "The file is too large."
    staff_words = _("The file is too large: 5 MB at most.")


class AttachmentEmpty(DomainError):
    code = "attachment_empty"
    status = 422
    title = "The file is empty."
    staff_words = _("The file is empty.")


class AttachmentTypeRefused(DomainError):
    code = "attachment_type_refused"
    status = 422
    title = "Files of this type are not taken."
    staff_words = _("Only images (PNG, JPEG, GIF, WebP), PDF and plain text are taken.")


class AttachmentUnreadable(DomainError):
    code = "attachment_unreadable"
    status = 409
    title = "The file does not open: its key is missing, or it was altered."
    staff_words = _("The file does not open: its key is missing, or it was altered.")


@dataclass(frozen=True)
class CheckedFile:
    """One of a type and size that are taken."""

    name: str
    media_type: str
    content: bytes

    @cached_property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    @property
    def facts(self) -> dict[str, Any]:
        """What the audit trail keeps of it."""
        size = len(self.content)
        return {"media_type": self.media_type, "size": size, "sha256": self.sha256.hex()}


def check_file(name: str, content: bytes) -> CheckedFile:
    """Raises AttachmentTooLarge, AttachmentEmpty, AttachmentTypeRefused."""
    if len(content) > FILE_BYTES_MAX:
        raise AttachmentTooLarge(f"A file has at most {FILE_BYTES_MAX} bytes.", field="content")
    if not content:
        raise AttachmentEmpty("It has no bytes.", field="content")
    media_type = attachment_type(content)
    if media_type is None:
        raise AttachmentTypeRefused(
            "Send an image (PNG, JPEG, GIF, WebP), a PDF or plain text in UTF-8.", field="content"
        )
    return CheckedFile(clean_file_name(name), media_type, content)


def encrypted_columns(
    file: CheckedFile, *, row_id: UUID, name_context: str, content_context: str
) -> dict[str, Any]:
    """The columns of the row that keeps it."""
    text = base64.b64encode(file.content).decode()
    return {
        "name_encrypted": encrypt(file.name, context=name_context, row_id=row_id),
        "media_type": file.media_type,
        "size": len(file.content),
        "sha256": file.sha256,
        "content_encrypted": encrypt(text, context=content_context, row_id=row_id),
    }


def read_content(row: KeptFile, *, context: str) -> bytes:
    """What the row keeps. Raises AttachmentUnreadable."""
    try:
        text = decrypt(row.content_encrypted, context=context, row_id=row.pk)
    except (DecryptionFailed, EncryptionKeyMissing):
        raise AttachmentUnreadable from None
    content = base64.b64decode(text)
    if hashlib.sha256(content).digest() != bytes(row.sha256):
        raise AttachmentUnreadable
    return content
