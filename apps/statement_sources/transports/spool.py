"""Files of a moment, without a buffer: GnuPG reads them by their descriptor."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast


class _Spool(io.FileIO):
    def write(self, content: Any, /) -> int:
        """All of it, or an error: a full disk takes a part, and says so to who goes on alone."""
        left = memoryview(content)
        while left:
            left = left[super().write(left) or 0 :]
        return len(content)


@contextmanager
def spool(*, within: Path | None = None) -> Iterator[BinaryIO]:
    """A file that nobody else sees, as long as the block."""
    with (
        tempfile.TemporaryFile(buffering=0, dir=within) as file,
        _Spool(os.dup(file.fileno()), "r+b") as whole,
    ):
        yield cast(BinaryIO, whole)
