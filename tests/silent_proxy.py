"""A TCP line that falls silent: both ends stay open, what is sent is taken, nothing is passed on.

with SilentProxy(port_of_the_server) as line:
    ...connect to line.port...
    line.fall_silent()      # as a machine without power, a firewall that forgot the connection
    line.speak_again()      # what was held back arrives
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

HOST = "127.0.0.1"
PIECE = 65_536


class SilentProxy:
    def __init__(self, target_port: int, target_host: str = HOST) -> None:
        self._target = (target_host, target_port)
        self._loop = asyncio.new_event_loop()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="silent proxy", daemon=True)
        self.port = 0

    @classmethod
    def before(cls, url: str) -> SilentProxy:
        """In front of the server that a URL names."""
        parts = urlsplit(url)
        assert parts.port and parts.hostname
        return cls(parts.port, parts.hostname)

    def url(self, url: str) -> str:
        """The same URL by this line."""
        parts = urlsplit(url)
        login, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{login}{at}{HOST}:{self.port}"))

    def __enter__(self) -> SilentProxy:
        self._thread.start()
        self._is_ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join(10)

    def fall_silent(self) -> None:
        self._call(self._speaks.clear)

    def speak_again(self) -> None:
        self._call(self._speaks.set)

    def _call(self, change) -> None:
        is_done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (change(), is_done.set()))
        is_done.wait(10)

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._speaks, self._is_over = asyncio.Event(), asyncio.Event()
        self._speaks.set()
        lines: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._join(reader, writer))
            lines.add(task)
            task.add_done_callback(lines.discard)

        server = await asyncio.start_server(accept, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await self._is_over.wait()
        server.close()
        for task in lines:
            task.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            await self._speaks.wait()
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            writers.append(far_writer)
            pumps = [self._pump(reader, far_writer), self._pump(far_reader, writer)]
            tasks = [asyncio.ensure_future(pump) for pump in pumps]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        except OSError:
            pass
        finally:
            for one in writers:
                one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            # Not even that one side has closed is passed on.
            await self._speaks.wait()
            writer.write(piece)
            await writer.drain()
        await self._speaks.wait()
