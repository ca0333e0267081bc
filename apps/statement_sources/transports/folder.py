"""A folder with providers' files, wherever it is: what is done there, and what may go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

# A folder is read so far and no further: what is beyond waits until it was tidied up.
ENTRIES_MAX = 50_000
NAME_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True)
class Entry:
    """A plain file. `stamp` is another one once the file was written to."""

    name: str
    size: int
    stamp: str


class FolderTrouble(Exception):
    """It cannot be reached or used; `code` says why, in a word that is translated where it is
    shown (selectors.trouble_in_words)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class FolderUnreachable(FolderTrouble):
    """No connection, or it broke. It may be better next time."""


class FolderRefused(FolderTrouble):
    """The host key, the login or the folder is not what was agreed: a person has to see to it."""


class Folder(Protocol):
    """Open within a `with` block, used by one thread. Everything may raise FolderTrouble; no
    database is touched."""

    def __enter__(self) -> Folder: ...

    def __exit__(self, *_: object) -> None: ...

    def entries(self) -> Iterator[Entry]:
        """The plain files, in no order, ENTRIES_MAX at most; no links, no folders."""
        ...

    def find(self, name: str) -> Entry | None:
        """The file of this name now."""
        ...

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        """As many bytes from there on, fewer only at the end of the file."""
        ...

    def put_away(self, entry: Entry, *, suffix: str) -> None:
        """Out of the way; nothing happens if it is gone, or is another by now. `suffix` makes the
        new name another one where the old is taken."""
        ...
