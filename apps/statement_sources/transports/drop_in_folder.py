from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from apps.statement_sources.transports.folder import (
    ENTRIES_MAX,
    Entry,
    FolderRefused,
    FolderUnreachable,
)

INBOX = "inbox"


class DropInFolder:
    """The folder that a provider writes to (folder.Folder). What was taken is deleted: we keep it.

    Whoever writes there is not trusted: no link is followed, and a file with a second name is none.
    """

    def __init__(self, root: Path, login: str) -> None:
        self._path = root / login / INBOX
        self._folder = -1

    def __enter__(self) -> DropInFolder:
        try:
            self._folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise FolderRefused("folder") from error
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)

    def entries(self) -> Iterator[Entry]:
        count = 0
        with os.scandir(self._folder) as names:
            for each in names:
                entry = self.find(each.name)
                if entry is not None:
                    count += 1
                    yield entry
                if count >= ENTRIES_MAX:
                    return

    def find(self, name: str) -> Entry | None:
        try:
            # A name is bytes that need not be text.
            name.encode()
            found = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except (OSError, UnicodeEncodeError):
            return None
        return _entry(name, found)

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        try:
            # Not a pipe that never answers either.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            file = os.open(name, flags, dir_fd=self._folder)
        except OSError as error:
            raise FolderUnreachable("connection") from error
        try:
            if _entry(name, os.fstat(file)) is None:
                raise FolderUnreachable("connection")
            pieces, wanted = [], length
            while wanted and (piece := os.pread(file, wanted, offset + length - wanted)):
                pieces.append(piece)
                wanted -= len(piece)
            return b"".join(pieces)
        finally:
            os.close(file)

    def put_away(self, entry: Entry, *, suffix: str) -> None:
        # Under a name that nobody writes to: what came in between is not what is deleted.
        aside = f".{suffix}"
        with contextlib.suppress(FileNotFoundError):
            os.rename(entry.name, aside, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            if self.find(aside) == replace(entry, name=aside):
                os.unlink(aside, dir_fd=self._folder)
            else:
                os.rename(aside, entry.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)


def _entry(name: str, found: os.stat_result) -> Entry | None:
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or not name.isprintable():
        return None
    return Entry(name, found.st_size, f"{found.st_size}:{found.st_mtime_ns}")
