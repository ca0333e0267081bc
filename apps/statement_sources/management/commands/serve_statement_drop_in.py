from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Any

import asyncssh
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from apps.statement_sources.selectors.drop_in_keys import DropIn, drop_in_keys
from apps.statement_sources.transports.drop_in_server import serve


class Command(BaseCommand):
    help = "Take in what providers drop in by SFTP. Production may use OpenSSH instead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=2222)
        parser.add_argument(
            "--host-key", type=Path, required=True, help="private key of this server, OpenSSH"
        )

    def handle(self, *args: Any, host: str, port: int, host_key: Path, **options: Any) -> None:
        try:
            key = asyncssh.read_private_key(host_key)
        except (OSError, asyncssh.KeyImportError) as error:
            raise CommandError(f"{host_key} is no private key: {error}") from error
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(self._serve(host, port, key))

    async def _serve(self, host: str, port: int, key: asyncssh.SSHKey) -> None:
        server = await serve(
            host=host,
            port=port,
            root=Path(settings.STATEMENT_DROP_IN_DIR),
            host_key=key,
            find_login=_find_login,
        )
        self.stdout.write(f"Listening on {host}:{server.get_port()} {key.get_fingerprint()}")
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await ended.wait()
        server.close()
        await server.wait_closed()


def _find_login(login: str) -> DropIn | None:
    try:
        return drop_in_keys(login)
    finally:
        connection.close()
