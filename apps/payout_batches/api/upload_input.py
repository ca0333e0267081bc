"""What is sent of a file that comes in pieces: shape and limits, each refusal with its own code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.api.fields import (
    CurrencyField,
    DigestField,
    KnownFieldsOnly,
    ReferenceField,
    VisibleTextField,
    WholeNumberField,
)
from apps.payout_batches.api.batch_input import DESCRIPTION, ContentField, UploadField
from apps.payout_batches.rules.piece_file import PIECE_BYTES
from apps.payout_batches.services.receive_batch import FILE_BYTES_MAX
from apps.payout_batches.services.receive_piece import BYTES_MAX, UploadPieceSize

# What says too large by its own code.
SIZE_MAX = 2**53
OFFSET = "Where in the file it begins: what `received` says, or before."
PIECE = (
    f"A multiple of {PIECE_BYTES} bytes, but for the last one; {BYTES_MAX // 1024**2} MB at most."
)


class PayoutBatchUploadInput(KnownFieldsOnly):
    file_name = VisibleTextField(max_length=140, help_text="The file's name, for people.")
    size = WholeNumberField(
        1,
        SIZE_MAX,
        code="invalid_size",
        help_text=f"How many bytes it has; {FILE_BYTES_MAX // 1024**2} MB at most.",
    )
    sha256 = DigestField(help_text="The SHA-256 of the whole file, as hexadecimal digits.")
    currency = CurrencyField(
        required=False, help_text="Of every line. Left out: your account's own."
    )
    reference = ReferenceField(max_length=64, required=False, allow_blank=True)
    description = VisibleTextField(
        max_length=140, required=False, allow_blank=True, help_text=DESCRIPTION
    )


class OffsetField(WholeNumberField):
    def __init__(self, **options: Any) -> None:
        super().__init__(0, FILE_BYTES_MAX, code="invalid_offset", help_text=OFFSET, **options)


class FormOffsetField(OffsetField):
    """The same as digits: a form has texts alone."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and data.isascii() and data.isdecimal() and len(data) < 20:
            data = int(data)
        return super().to_internal_value(data)


class UploadPieceInput(KnownFieldsOnly):
    offset = OffsetField()
    content = ContentField(help_text=f"In base64. {PIECE}")


class UploadPieceFormInput(KnownFieldsOnly):
    offset = FormOffsetField()
    file = UploadField(help_text=f"As it is. {PIECE}")


@dataclass(frozen=True, slots=True)
class SentPiece:
    """`asked` is what an Idempotency-Key stands for."""

    offset: int
    content: bytes
    asked: Mapping[str, Any]


def read_upload_order(data: Any) -> dict[str, Any]:
    """Raises rest_framework's ValidationError, its codes stable."""
    values: dict[str, Any] = _UPLOAD.run_validation(data)
    return values


def read_piece(data: Any, *, is_form: bool) -> SentPiece:
    """Raises rest_framework's ValidationError, its codes stable; UploadPieceSize."""
    if is_form:
        values = _PIECE_FORM.run_validation(data)
        file = values["file"]
        if file.size > BYTES_MAX:
            raise UploadPieceSize(f"Send 1 to {BYTES_MAX} bytes.", field="file")
        content = file.read()
    else:
        values = _PIECE.run_validation(data)
        content = values["content"]
    offset = values["offset"]
    digest = hashlib.sha256(content).hexdigest()
    return SentPiece(offset, content, {"offset": offset, "sha256": digest})


# Made once: a serializer copies its fields each time it is made, which takes longer than using it.
_UPLOAD = PayoutBatchUploadInput()
_PIECE = UploadPieceInput()
_PIECE_FORM = UploadPieceFormInput()
