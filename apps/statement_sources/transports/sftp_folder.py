from __future__ import annotations

import asyncio
import posixpath
import stat
import threading
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncssh

from apps.statement_sources.transports.folder import (
    ENTRIES_MAX,
    NAME_LENGTH_MAX,
    Entry,
    FolderRefused,
    FolderTrouble,
    FolderUnreachable,
)

CONNECT_S_MAX = 15
LOGIN_S_MAX = 15
# For one answer or one piece of a file. Shorter than the lease of what it is done for.
ANSWER_S_MAX = 30
LIST_S_MAX = 45

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reach:
    """How a server is reached. `host_keys`: it is spoken to only if it proves one of these."""

    host: str
    port: int
    username: str
    host_keys: Sequence[asyncssh.SSHKey]
    folder: str
    archive_folder: str = ""
    private_key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class SftpFolder:
    """A folder of an SFTP server (folder.Folder). The line lives in an event loop on a thread of
    its own; each call waits for its answer, as code that uses the database does."""

    def __init__(self, reach: Reach) -> None:
        if not reach.host_keys:
            raise FolderRefused("host_key")
        self._reach = reach
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: Any = None

    def __enter__(self) -> SftpFolder:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp", daemon=True)
        self._thread.start()
        try:
            self._wait(self._connect(), CONNECT_S_MAX + LOGIN_S_MAX)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(ANSWER_S_MAX)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def entries(self) -> Iterator[Entry]:
        yield from self._wait(self._entries(), LIST_S_MAX)

    def find(self, name: str) -> Entry | None:
        try:
            attributes = self._wait(self._sftp.lstat(self._path(name)))
        except FolderRefused:
            return None
        return _entry(name, attributes)

    def read(self, name: str, *, offset: int, length: int) -> bytes:
        return self._wait(self._read(name, offset, length))

    def put_away(self, entry: Entry, *, suffix: str) -> None:
        folder, name = self._reach.archive_folder, entry.name
        for target in (name, f"{name}.{suffix}"):
            try:
                self._wait(self._sftp.rename(self._path(name), posixpath.join(folder, target)))
                return
            except FolderTrouble:
                # Version 3 of the protocol says no more than "failure" of a name that is taken.
                if self.find(name) is None:
                    return
        raise FolderRefused("archive")

    async def _end(self) -> None:
        if self._connection is not None:
            self._connection.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self) -> None:
        reach = self._reach
        self._connection = await asyncssh.connect(
            reach.host,
            reach.port,
            username=reach.username,
            # Nobody else's key is spoken to, and no file of this machine has a say.
            known_hosts=(list(reach.host_keys), [], []),
            client_keys=[asyncssh.import_private_key(reach.private_key)]
            if reach.private_key
            else [],
            password=reach.password or None,
            config=None,
            agent_path=None,
            x509_trusted_certs=None,
            gss_host=None,
            connect_timeout=CONNECT_S_MAX,
            login_timeout=LOGIN_S_MAX,
            keepalive_interval=10,
        )
        self._sftp = await self._connection.start_sftp_client(env=None)

    async def _entries(self) -> list[Entry]:
        found = []
        async for each in self._sftp.scandir(self._reach.folder or "."):
            name = str(each.filename)
            entry = _entry(name, each.attrs) if _is_safe(name) else None
            if entry is not None:
                found.append(entry)
                if len(found) >= ENTRIES_MAX:
                    break
        return found

    async def _read(self, name: str, offset: int, length: int) -> bytes:
        async with self._sftp.open(self._path(name), "rb") as file:
            data: bytes = await file.read(length, offset)
        return data

    def _path(self, name: str) -> str:
        return posixpath.join(self._reach.folder, name)

    def _wait(self, work: Awaitable[T], timeout_s: float = ANSWER_S_MAX) -> T:
        async def bounded() -> T:
            return await asyncio.wait_for(work, timeout_s)

        try:
            return asyncio.run_coroutine_threadsafe(bounded(), self._loop).result()
        except asyncssh.HostKeyNotVerifiable as error:
            raise FolderRefused("host_key") from error
        except (asyncssh.PermissionDenied, asyncssh.KeyImportError) as error:
            raise FolderRefused("login") from error
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied) as error:
            raise FolderRefused("folder") from error
        except (TimeoutError, OSError, asyncssh.Error) as error:
            raise FolderUnreachable("connection") from error


def _is_safe(name: str) -> bool:
    """A server's names are its own words: nothing of them leads out of the folder."""
    return (
        name not in (".", "..")
        and "/" not in name
        and "\x00" not in name
        and len(name) <= NAME_LENGTH_MAX
        and name.isprintable()
    )


def _entry(name: str, attributes: Any) -> Entry | None:
    """None of what is no plain file."""
    if attributes.permissions is not None and not stat.S_ISREG(attributes.permissions):
        return None
    if attributes.type not in (asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN):
        return None
    size = attributes.size or 0
    return Entry(name, size, f"{size}:{attributes.mtime or 0}:{attributes.mtime_ns or 0}")
