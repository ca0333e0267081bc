"""The simulators' reports over SFTP, as providers hand theirs out: to look at and to fetch.

Each provider is a login, its code, with the control token as password, and sees its own reports in
"/". The host key is made of a secret, so that it may be pinned before the server has ever started.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def report_host_key(secret: str) -> asyncssh.SSHKey:
    """The server's key: `secret` is the base64 of 32 random bytes."""
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret, validate=True))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return asyncssh.import_private_key(pem)


class ReportServer:
    """Serves on a thread of this process. `port` 0 takes a free one."""

    def __init__(
        self,
        report_dir: Path,
        providers: Collection[str],
        *,
        secret: str,
        token: str,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._report_dir, self._providers = report_dir, frozenset(providers)
        self._host_key, self._token = report_host_key(secret), token.encode()
        for provider in providers:
            (report_dir / provider).mkdir(parents=True, exist_ok=True)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(self._listen(host, port))
        self.port: int = self._server.get_port()

    def close(self) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _end(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _listen(self, host: str, port: int) -> asyncssh.SSHAcceptor:
        outer = self

        class Door(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                is_known = username in outer._providers
                return hmac.compare_digest(password.encode(), outer._token) and is_known

        class Reports(asyncssh.SFTPServer):
            """To read from: nothing of it is changed by who looks."""

            def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
                folder = outer._report_dir / channel.get_extra_info("username")
                super().__init__(channel, chroot=os.fsencode(folder.resolve()))

            def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
                if pflags & ~asyncssh.FXF_READ:
                    _refuse()
                return super().open(path, pflags, attrs)

        for change in CHANGES:
            setattr(Reports, change, _refuse)
        return await asyncssh.create_server(
            Door, host, port, server_host_keys=[self._host_key], sftp_factory=Reports
        )


CHANGES = (
    "open56", "write", "setstat", "lsetstat", "fsetstat", "remove", "mkdir", "rmdir", "rename",
    "posix_rename", "symlink", "link",
)  # fmt: skip


def _refuse(*_: object) -> Any:
    raise asyncssh.SFTPPermissionDenied("reports are fetched, and no more")
