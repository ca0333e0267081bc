"""A form with one file, read from the disk while it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from urllib.parse import quote

PIECE_BYTES = 256 * 1024


class FileForm:
    """The body of a request, as often as it is iterated; `headers` says its type and length."""

    def __init__(self, texts: Mapping[str, str | None], file: str | PathLike[str]):
        self._file = Path(file)
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
        size = len(self._head) + self._file.stat().st_size + len(self._end)
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(size),
        }

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self._file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                yield piece
        yield self._end
