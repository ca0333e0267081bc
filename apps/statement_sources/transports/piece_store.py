"""The content of received files, as it is kept: pieces, compressed and encrypted."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from uuid import UUID

from apps.core.public_ids import new_id
from apps.statement_sources.models import FilePiece
from apps.statement_sources.rules.contexts import PIECE_CONTEXT
from apps.vault.encryption import decrypt, encrypt

PIECE_BYTES = 1 << 20


def keep_piece(file_id: UUID, number: int, content: bytes) -> None:
    """Keep a piece of at most PIECE_BYTES, the `number`th from 0."""
    piece = FilePiece(id=new_id(), file_id=file_id, number=number)
    text = base64.b64encode(zlib.compress(content, 1)).decode()
    piece.content_encrypted = encrypt(text, context=PIECE_CONTEXT, row_id=piece.pk)
    piece.save(force_insert=True)


def read_pieces(file_id: UUID) -> Iterator[bytes]:
    """The content, one piece in memory at a time."""
    numbers = FilePiece.objects.filter(file_id=file_id).order_by("number")
    for number in numbers.values_list("number", flat=True):
        piece = FilePiece.objects.get(file_id=file_id, number=number)
        text = decrypt(piece.content_encrypted, context=PIECE_CONTEXT, row_id=piece.pk)
        yield zlib.decompress(base64.b64decode(text))


def forget_pieces(file_id: UUID) -> None:
    FilePiece.objects.filter(file_id=file_id).delete()
