"""A file that lies in pieces, read as if it lay in one."""

from __future__ import annotations

import io
from collections.abc import Callable

PIECE_BYTES = 256 * 1024


class PieceFile(io.RawIOBase):
    """Seekable; holds one piece at a time.

    Args:
        read_piece: the piece of this number, from 0 on; all but the last have PIECE_BYTES.
        size: of all of them.
    """

    def __init__(self, read_piece: Callable[[int], bytes], *, size: int) -> None:
        self._read_piece = read_piece
        self._size = size
        self._position = 0
        self._number = -1
        self._piece = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the beginning")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._position >= self._size:
            return 0
        number, begin = divmod(self._position, PIECE_BYTES)
        if number != self._number:
            self._piece, self._number = self._read_piece(number), number
        found = self._piece[begin : begin + len(buffer)]
        buffer[: len(found)] = found
        self._position += len(found)
        return len(found)
