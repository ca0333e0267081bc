"""The content of received files, as it is kept: pieces, compressed and encrypted."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from uuid import UUID

from apps.core.public_ids import new_id
from apps.statement_sources.models import FilePiece, OpenedPiece
from apps.statement_sources.rules.contexts import OPENED_CONTEXT, PIECE_CONTEXT
from apps.vault.encryption import decrypt, encrypt

PIECE_BYTES = 1 << 20


def keep_piece(file_id: UUID, number: int, content: bytes) -> None:
    """Keep a piece of at most PIECE_BYTES, the `number`th from 0."""
    piece = FilePiece(id=new_id(), file_id=file_id, number=number)
    piece.content_encrypted = encrypt(_text(content), context=PIECE_CONTEXT, row_id=piece.pk)
    piece.save(force_insert=True)


def read_pieces(file_id: UUID) -> Iterator[bytes]:
    """The content, one piece in memory at a time."""
    numbers = FilePiece.objects.filter(file_id=file_id).order_by("number")
    for number in numbers.values_list("number", flat=True):
        piece = FilePiece.objects.get(file_id=file_id, number=number)
        text = decrypt(piece.content_encrypted, context=PIECE_CONTEXT, row_id=piece.pk)
        yield _content(text)


def forget_pieces(file_id: UUID) -> None:
    FilePiece.objects.filter(file_id=file_id).delete()


def keep_opened_piece(file_id: UUID, number: int, content: bytes) -> None:
    """As keep_piece, of what a file contained."""
    piece = OpenedPiece(id=new_id(), opened_id=file_id, number=number)
    piece.content_encrypted = encrypt(_text(content), context=OPENED_CONTEXT, row_id=piece.pk)
    piece.save(force_insert=True)


def read_opened_pieces(file_id: UUID) -> Iterator[bytes]:
    """As read_pieces."""
    numbers = OpenedPiece.objects.filter(opened_id=file_id).order_by("number")
    for number in numbers.values_list("number", flat=True):
        piece = OpenedPiece.objects.get(opened_id=file_id, number=number)
        text = decrypt(piece.content_encrypted, context=OPENED_CONTEXT, row_id=piece.pk)
        yield _content(text)


def _text(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 1)).decode()


def _content(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
