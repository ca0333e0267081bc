"""A provider's SFTP server in this process: real SSH over a real socket, files in a folder."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import asyncssh


class SftpServer:
    """`root` is what its users see as "/". `break_after`: so many bytes of answers to reads, and
    the line is cut; as often as it says."""

    def __init__(self, root: Path, *, client_keys: str = "", password: str = "") -> None:
        self.root = root
        self.client_keys, self.password = client_keys, password
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.breaks: list[int] = []
        self.bytes_read = 0
        self.offsets: list[int] = []
        self.logins = 0
        # Called with the name of a file before each of its pieces is read.
        self.before_read = lambda name: None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.get_port()

    @property
    def host_key_line(self) -> str:
        return self.host_key.export_public_key().decode().strip()

    def write(self, name: str, content: bytes | str, *, mtime: float | None = None) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        return path

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(end_loop(self._server), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        outer = self

        class Door(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                outer.logins += 1
                return True

            def public_key_auth_supported(self) -> bool:
                return bool(outer.client_keys)

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                known = asyncssh.import_public_key(outer.client_keys)
                return key.public_data == known.public_data

            def password_auth_supported(self) -> bool:
                return bool(outer.password)

            def validate_password(self, username: str, password: str) -> bool:
                return password == outer.password

        class Files(asyncssh.SFTPServer):
            def __init__(self, channel: asyncssh.SSHServerChannel) -> None:
                super().__init__(channel, chroot=os.fsencode(outer.root))

            def read(self, file_obj: object, offset: int, size: int) -> bytes:
                outer.before_read(Path(os.fsdecode(file_obj.name)).name)
                data = super().read(file_obj, offset, size)
                outer.bytes_read += len(data)
                outer.offsets.append(offset)
                if outer.breaks and outer.bytes_read >= outer.breaks[0]:
                    outer.breaks.pop(0)
                    self.connection.abort()
                return data

        return await asyncssh.create_server(
            Door, "127.0.0.1", 0, server_host_keys=[self.host_key], sftp_factory=Files
        )


async def end_loop(server: asyncssh.SSHAcceptor) -> None:
    """Close a server and all that its loop has under way."""
    server.close()
    await server.wait_closed()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
