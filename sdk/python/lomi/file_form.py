"""A form with one file, or a part of one, read from the disk while it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from urllib.parse import quote

PIECE_BYTES = 256 * 1024


@dataclass(frozen=True)
class FilePart:
    """So many bytes of a file, from `begin` on."""

    file: str | PathLike[str]
    begin: int
    size: int


class FileForm:
    """The body of a request, as often as it is iterated; `headers` says its type and length."""

    def __init__(self, texts: Mapping[str, str | None], file: str | PathLike[str] | FilePart):
        if not isinstance(file, FilePart):
            file = FilePart(file, 0, Path(file).stat().st_size)
        self._part = file
        self._file = Path(file.file)
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
            for name, text in texts.items()
            if text is not None
        ]
        # As RFC 8187 writes names that are not ASCII.
        name = quote(self._file.name, safe="")
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file";'
            f" filename*=UTF-8''{name}\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        self._head = "".join(parts).encode()
        self._end = f"\r\n--{boundary}--\r\n".encode()
        size = len(self._head) + file.size + len(self._end)
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(size),
        }

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        left = self._part.size
        with self._file.open("rb") as content:
            content.seek(self._part.begin)
            while left and (piece := content.read(min(left, PIECE_BYTES))):
                left -= len(piece)
                yield piece
        yield self._end
