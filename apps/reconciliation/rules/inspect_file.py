from __future__ import annotations

import hashlib
from typing import BinaryIO

CHUNK_BYTES = 1 << 20


def inspect_file(file: BinaryIO) -> tuple[bytes, bool]:
    """The SHA-256 of the file, and whether there is anything but white space in it."""
    file.seek(0)
    digest = hashlib.sha256()
    has_text = False
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        has_text = has_text or bool(chunk.strip())
    return digest.digest(), has_text
