"""PostgreSQL 18 and Valkey from their wheels: real servers for a machine that has neither.

    python -m local.servers start|stop|status|env

Both listen on 127.0.0.1 only and ask for a password kept in a file of the owner's. Each lives in
a folder of its own, which remembers its port, so that a server killed and started again is found
at the same URL. With DATABASE_URL or REDIS_URL set, that server is used and none is started.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local import ports
from local.postgres import PostgresServer
from local.server import ServerError, explained_refusals, tell
from local.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Servers:
    """Where the database and Redis are, and those that run because we started them."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    # "": there is one role.
    database_owner_url: str = field(default="", repr=False)
    postgres: PostgresServer | None = None
    valkey: ValkeyServer | None = None

    @property
    def owner_url(self) -> str:
        """Of the role that owns the tables, who may be the platform itself."""
        return self.database_owner_url or self.database_url

    def stop(self) -> None:
        """Stop what was started here; a server that was running before goes on."""
        for server in (self.valkey, self.postgres):
            if server is not None and server.started_here:
                server.stop()


def locate_servers(
    var: Path,
    environ: Mapping[str, str],
    *,
    is_durable: bool = True,
    is_persistent: bool = False,
) -> Servers:
    """The servers to use: those of DATABASE_URL and REDIS_URL, else ours, started if need be.

    Args:
        var: their data goes to var/postgres and var/valkey, their logs to var/log.

    Raises:
        ServerError: one of ours does not start.
    """
    found = Servers(
        environ.get("DATABASE_URL", ""),
        environ.get("REDIS_URL", ""),
        environ.get("DATABASE_OWNER_URL", ""),
    )
    try:
        if not found.database_url:
            found.postgres = postgres_server(
                var, is_durable=is_durable, is_persistent=is_persistent
            )
            found.postgres.start()
            found.database_url = found.postgres.url
            found.database_owner_url = found.postgres.owner_url
        if not found.redis_url:
            found.valkey = valkey_server(var, is_persistent=is_persistent)
            found.valkey.start()
            found.redis_url = found.valkey.url
    except BaseException:
        found.stop()
        raise
    return found


def postgres_server(
    var: Path, *, is_durable: bool = True, is_persistent: bool = False
) -> PostgresServer:
    return PostgresServer(
        var / "postgres",
        log_file=var / "log" / "postgres.log",
        is_durable=is_durable,
        is_persistent=is_persistent,
    )


def valkey_server(var: Path, *, is_persistent: bool = False) -> ValkeyServer:
    log_file = var / "log" / "valkey.log"
    return ValkeyServer(var / "valkey", log_file=log_file, is_persistent=is_persistent)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.servers", description=__doc__)
    parser.add_argument("verb", choices=["start", "stop", "status", "env"])
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="where the data is")
    asked = parser.parse_args(arguments)
    try:
        with explained_refusals(asked.var):
            return _obey(asked.verb, asked.var)
    except ServerError as problem:
        tell(str(problem))
        return 1


def _obey(verb: str, var: Path) -> int:
    servers = [postgres_server(var, is_persistent=True), valkey_server(var, is_persistent=True)]
    if verb in {"start", "env"}:
        found = locate_servers(var, os.environ, is_persistent=True)
        if verb == "env":
            print(f"export DATABASE_URL={shlex.quote(found.database_url)}")
            if found.database_owner_url:
                print(f"export DATABASE_OWNER_URL={shlex.quote(found.database_owner_url)}")
            print(f"export REDIS_URL={shlex.quote(found.redis_url)}")
            return 0
    if verb == "stop":
        for server in reversed(servers):
            server.stop()
    running = 0
    for server in servers:
        pid = server.running_pid() if server.data_dir.exists() else None
        running += pid is not None
        where = f"runs on {ports.HOST}:{server.chosen_port()}, process {pid}" if pid else "is down"
        print(f"{server.title} {where}")
    return 0 if verb != "status" or running == len(servers) else 3


if __name__ == "__main__":
    sys.exit(main())
