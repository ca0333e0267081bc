"""An SFTP server that takes providers' files in, and does nothing else.

Each login has a folder of its own with an inbox; a client may list it, write to it and rename what
it wrote. It reads nothing back, replaces nothing that bears its name, makes no folder, no link and
no other kind of file; there is no shell, no command and no forwarding.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import re
import stat
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncssh

from apps.statement_sources.rules.ssh_keys import read_keys
from apps.statement_sources.selectors.drop_in_keys import DropIn
from apps.statement_sources.transports.drop_in_folder import INBOX

LOGIN = re.compile(r"sts-[0-9a-f]{12}")
# No blank, no slash, nothing that a shell or a page could take for something else.
NAME = re.compile(rb"\.?[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
# The inbox is emptied all the time. More than this is a mistake, or meant to fill the disk.
FILES_MAX = 5_000
BYTES_MAX_TIMES = 10
CONNECTIONS_MAX = 8
LOGIN_S_MAX = 10
# Who has come in is asked about again so often, and an inbox measured whenever it grew by so much.
RECHECK_S = 15.0
GROWTH_BYTES = 4 << 20
KEEPALIVE_S = 30

logger = logging.getLogger(__name__)

FindLogin = Callable[[str], DropIn | None]


async def serve(
    *, host: str, port: int, root: Path, host_key: asyncssh.SSHKey, find_login: FindLogin
) -> asyncssh.SSHAcceptor:
    """Listen until it is closed. `find_login` says whom a login lets in; it is asked at each, and
    every few seconds about each that is in."""
    connections, growth = Counter[str](), Counter[str]()

    class _Connection(asyncssh.SSHServer):
        def __init__(self) -> None:
            self._login = ""
            # Of its first request; SSH lets a client name another in each (RFC 4252, 5).
            self._username: str | None = None
            self._found: DropIn | None = None
            self._key: asyncssh.SSHKey | None = None
            self._watch: asyncio.Task[None] | None = None

        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self._connection = conn

        def connection_lost(self, exc: Exception | None) -> None:
            if self._login:
                connections[self._login] -= 1
            if self._watch:
                self._watch.cancel()

        async def begin_auth(self, username: str) -> bool:
            if self._username is not None:
                # What was found is the first one's: nobody goes on with it as somebody else.
                self._found = None
                self._connection.abort()
                return True
            self._username = username
            if LOGIN.fullmatch(username):
                self._found = await asyncio.to_thread(find_login, username)
            return True

        def public_key_auth_supported(self) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return False

        def kbdint_auth_supported(self) -> bool:
            return False

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            if self._found is None or username != self._username:
                return False
            # The last one that is let in is the one that signs.
            self._key = key
            return _is_let_in(key, self._found)

        def auth_completed(self) -> None:
            login = self._connection.get_extra_info("username")
            if login != self._username or connections[login] >= CONNECTIONS_MAX:
                self._connection.abort()
                return
            connections[login] += 1
            self._login = login
            self._connection.set_extra_info(drop_in=self._found)
            self._watch = asyncio.create_task(self._end_when_revoked())
            _make_inbox(root, login)
            logger.info("a provider has come in", extra={"login": login})

        async def _end_when_revoked(self) -> None:
            """A session does not outlive its key, its source's being on, nor a limit it had."""
            while True:
                await asyncio.sleep(RECHECK_S)
                try:
                    found = await asyncio.to_thread(find_login, self._login)
                except Exception:
                    # Nobody can say whether it still may: it comes again once somebody can.
                    logger.exception("a login could not be asked about")
                    found = None
                if found is None or self._key is None or not _is_let_in(self._key, found):
                    logger.info("a provider is let in no more", extra={"login": self._login})
                    self._connection.abort()
                    return

    def make_sftp(channel: asyncssh.SSHServerChannel[bytes]) -> Inbox:
        login = channel.get_extra_info("username")
        size_max = channel.get_extra_info("drop_in").size_max
        return Inbox(channel, root / login, size_max, growth)

    return await asyncssh.create_server(
        _Connection,
        host,
        port,
        server_host_keys=[host_key],
        sftp_factory=make_sftp,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        allow_pty=False,
        line_editor=False,
        login_timeout=LOGIN_S_MAX,
        keepalive_interval=KEEPALIVE_S,
    )


def _is_let_in(key: asyncssh.SSHKey, found: DropIn) -> bool:
    known = read_keys(found.keys, field="partner_keys")
    # Not as text: a comment is no part of a key.
    return any(one.public_data == key.public_data for one in known)


def _make_inbox(root: Path, login: str) -> None:
    (root / login / INBOX).mkdir(mode=0o700, parents=True, exist_ok=True)


class Inbox(asyncssh.SFTPServer):
    """What a client sees of its folder: "/", with the inbox in it. `growth`: by how many bytes each
    login's grew since it was measured, by all its sessions together."""

    def __init__(
        self,
        channel: asyncssh.SSHServerChannel[bytes],
        folder: Path,
        size_max: int,
        growth: Counter[str],
    ) -> None:
        super().__init__(channel, chroot=os.fsencode(folder))
        self._inbox = os.fsencode(folder.resolve() / INBOX)
        self._size_max = size_max
        self._login, self._growth = folder.name, growth

    # Where paths lead

    def map_path(self, path: bytes) -> bytes:
        """Never followed by the system through a link: the real folder is the inbox, or none."""
        mapped = super().map_path(path)
        folder, _, name = mapped.rpartition(b"/")
        if mapped != os.path.realpath(folder) + b"/" + name:
            raise asyncssh.SFTPNoSuchFile("no such file")
        return mapped

    def _file(self, path: bytes) -> bytes:
        """The place of a file in the inbox."""
        mapped = self.map_path(path)
        folder, _, name = mapped.rpartition(b"/")
        if folder != self._inbox or not NAME.fullmatch(name):
            raise asyncssh.SFTPPermissionDenied("only plain names, in /inbox")
        return mapped

    # What may be done

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        if not pflags & asyncssh.FXF_WRITE or pflags & asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("files are written here, not read")
        place = self._file(path)
        self._check_room(place)
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        flags |= os.O_TRUNC if pflags & asyncssh.FXF_TRUNC else 0
        flags |= os.O_APPEND if pflags & asyncssh.FXF_APPEND else 0
        flags |= os.O_EXCL if pflags & asyncssh.FXF_EXCL else 0
        file = os.fdopen(os.open(place, flags, 0o600), "wb", buffering=0)
        if not _is_plain(os.fstat(file.fileno())):
            file.close()
            raise asyncssh.SFTPPermissionDenied("no plain file")
        return file

    def open56(
        self, path: bytes, desired_access: int, flags: int, attrs: asyncssh.SFTPAttrs
    ) -> Any:
        raise asyncssh.SFTPOpUnsupported("version 3 of the protocol")

    def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        end = os.fstat(file_obj.fileno()).st_size
        # What is appended stands at the end, wherever it was said to go.
        if fcntl.fcntl(file_obj, fcntl.F_GETFL) & os.O_APPEND:
            offset = end
        if offset + len(data) > self._size_max:
            raise asyncssh.SFTPFailure("the file is too large")
        # What is written past the end of a file has the size of the gap, too.
        self._growth[self._login] += max(offset + len(data) - end, 0)
        if self._growth[self._login] >= GROWTH_BYTES:
            self._measure(0)
        written: int = super().write(file_obj, offset, data)  # type: ignore[assignment]
        return written

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        old, new = self._file(oldpath), self._file(newpath)
        if not _is_plain(os.lstat(old)):
            raise asyncssh.SFTPPermissionDenied("no plain file")
        try:
            # Unlike a rename it fails where the name is taken, whoever took it in between.
            os.link(old, new, follow_symlinks=False)
        except FileExistsError:
            raise asyncssh.SFTPFailure("a file of this name is there") from None
        os.unlink(old)  # noqa: PTH108 (bytes)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self.rename(oldpath, newpath)

    def remove(self, path: bytes) -> None:
        place = self._file(path)
        if not place.rpartition(b"/")[2].startswith(b".") and not place.endswith(PARTIAL):
            raise asyncssh.SFTPPermissionDenied("what bears its name stays")
        os.unlink(place)  # noqa: PTH108 (bytes)

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        # The folder of the login and its inbox, and no link.
        if self.map_path(path) not in (self._inbox, self._inbox.rpartition(b"/")[0]):
            raise asyncssh.SFTPPermissionDenied("only /inbox")
        async for entry in super().scandir(path):
            yield entry

    def stat(self, path: bytes) -> Any:
        # Of a link itself: there is none to be followed.
        return self.lstat(path)

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Nothing, and no error: clients want to set times and rights after an upload."""
        self._file(path)

    def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        self._file(path)

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """As setstat."""

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        raise asyncssh.SFTPPermissionDenied("files are written here, not read")

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        raise asyncssh.SFTPPermissionDenied("no folders")

    def rmdir(self, path: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("no folders")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("no links")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPPermissionDenied("no links")

    def readlink(self, path: bytes) -> bytes:
        raise asyncssh.SFTPPermissionDenied("no links")

    def _check_room(self, place: bytes) -> None:
        self._measure(0 if os.path.lexists(place) else 1)

    def _measure(self, new_files: int) -> None:
        """Raises SFTPFailure where the inbox has no room for more."""
        count = size = 0
        with os.scandir(self._inbox) as entries:
            for entry in entries:
                count += 1
                # What was taken in the meantime has none.
                with contextlib.suppress(FileNotFoundError):
                    size += entry.stat(follow_symlinks=False).st_size
        if count + new_files > FILES_MAX or size > self._size_max * BYTES_MAX_TIMES:
            raise asyncssh.SFTPFailure("the inbox is full")
        self._growth[self._login] = 0


PARTIAL = (b".part", b".partial", b".tmp", b".temp", b".filepart")


def _is_plain(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1
