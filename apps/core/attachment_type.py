"""What a file is, told by its content: its name and what the sender says of it prove nothing."""

from __future__ import annotations

import re

import filetype

FILE_BYTES_MAX = 5 * 1024 * 1024

PLAIN_TEXT = "text/plain"
# All of Unicode's, but those that part words, lines and pages.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
# Media type -> the ending a file of it is given.
MEDIA_TYPES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "application/pdf": "pdf",
    PLAIN_TEXT: "txt",
}


def attachment_type(content: bytes) -> str | None:
    """One of MEDIA_TYPES, or None for anything else."""
    found = filetype.guess(content)
    if found is not None:
        return found.mime if found.mime in MEDIA_TYPES else None
    return PLAIN_TEXT if _is_text(content) else None


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return CONTROL.search(text) is None
