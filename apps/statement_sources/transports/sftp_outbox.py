from __future__ import annotations

import hashlib
import time
from contextlib import suppress

from apps.statement_sources.transports.folder import FolderRefused, FolderTrouble, FolderUnreachable
from apps.statement_sources.transports.sftp_folder import SftpFolder

PIECE_BYTES = 256 * 1024


class SftpOutbox(SftpFolder):
    """A folder of an SFTP server that files are put into: whoever reads it sees each whole or not
    at all, and never twice."""

    def __enter__(self) -> SftpOutbox:
        super().__enter__()
        return self

    def put(
        self,
        name: str,
        content: bytes,
        *,
        deadline: float,
        known_sha256: str = "",
        known_bytes: int = 0,
    ) -> bool:
        """Write a file under another name, then give it its own. False where it was there already:
        the same content, or the one of `known_sha256` and `known_bytes`, which an earlier try of
        ours has put there.

        Args:
            deadline: of time.monotonic(); a slow server is given up then.

        Raises:
            FolderRefused: "name_taken": there is one with another content; it stays as it is.
            FolderTrouble.
        """
        if self.has(
            name, content, deadline=deadline, known_sha256=known_sha256, known_bytes=known_bytes
        ):
            return False
        self.stage(name, content, deadline=deadline)
        self.publish(name, content)
        stale = _unfinished(name, known_sha256)
        if known_sha256 and self.find(stale) is not None:
            self._wait(self._sftp.remove(self._path(stale)))
        return True

    def has(
        self,
        name: str,
        content: bytes,
        *,
        deadline: float,
        known_sha256: str = "",
        known_bytes: int = 0,
    ) -> bool:
        """Whether it is there already by its own name. Arguments and refusals as of `put`."""
        if self.find(name) is None:
            return False
        sha256 = hashlib.sha256(content).hexdigest()
        bytes_max = max(len(content), known_bytes)
        if self._sha256(name, bytes_max, deadline) in (sha256, known_sha256 or sha256):
            return True
        raise FolderRefused("name_taken")

    def stage(self, name: str, content: bytes, *, deadline: float) -> None:
        """Write the file under another name, all of it anew."""
        # Two tries with two contents never write into one file.
        unfinished = _unfinished(name, hashlib.sha256(content).hexdigest())
        self._wait(self._truncate(unfinished))
        for offset in range(0, len(content), PIECE_BYTES):
            _refuse_late(deadline)
            self._wait(self._write(unfinished, offset, content[offset : offset + PIECE_BYTES]))

    def remove_other_parts(self, stem: str, name: str, content: bytes) -> None:
        """Remove what earlier tries staged of the same file in another form, where we may look and
        remove. `stem`: how the names of all its forms begin. Then one that is still staged is the
        last that was."""
        own = _unfinished(name, hashlib.sha256(content).hexdigest())
        # Some servers let us write, and nothing else.
        with suppress(FolderTrouble):
            for entry in list(self.entries()):
                each = entry.name
                if each != own and each.startswith(f".{stem}") and each.endswith(".part"):
                    self._wait(self._sftp.remove(self._path(each)))

    def is_staged(self, name: str, content: bytes) -> bool:
        """Whether it still stands there under the other name: then it never had its own."""
        return self.find(_unfinished(name, hashlib.sha256(content).hexdigest())) is not None

    def publish(self, name: str, content: bytes) -> None:
        """Give what was staged its own name."""
        unfinished = _unfinished(name, hashlib.sha256(content).hexdigest())
        # Refused by the server where the name was taken meanwhile.
        self._wait(self._sftp.rename(self._path(unfinished), self._path(name)))

    def _sha256(self, name: str, bytes_max: int, deadline: float) -> str:
        """ "" of one that is longer than any of ours: a server may have no end of it."""
        digest, offset = hashlib.sha256(), 0
        while piece := self.read(name, offset=offset, length=PIECE_BYTES):
            _refuse_late(deadline)
            digest.update(piece)
            offset += len(piece)
            if offset > bytes_max:
                return ""
        return digest.hexdigest()

    async def _truncate(self, name: str) -> None:
        async with self._sftp.open(self._path(name), "wb"):
            pass

    async def _write(self, name: str, offset: int, piece: bytes) -> None:
        async with self._sftp.open(self._path(name), "r+b") as file:
            await file.write(piece, offset)


def _refuse_late(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise FolderUnreachable("connection")


def _unfinished(name: str, sha256: str) -> str:
    return f".{name}.{sha256[:8]}.part"
