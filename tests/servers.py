"""A pytest plugin: PostgreSQL and Valkey for this run, started when the first test needs one.

Their addresses are settled before Django reads its settings; a test that needs neither starts
neither. With DATABASE_URL and REDIS_URL set, those servers are used instead. Each xdist worker has
a database and a Valkey database of its own.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
import redis.asyncio
import redis.connection
from django.db import connection

from local.servers import Server, postgres_server, valkey_server

ROOT = Path(__file__).resolve().parent.parent
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
# Of this run: servers that were there before may hold those of others.
MIGRATED = os.environ.setdefault("LOMI_MIGRATED", f"lomi_migrated_{uuid4().hex[:8]}")

_waiting: list[Server] = []
_starting = threading.RLock()


def start() -> None:
    """Start what this run has of its own and does not run yet."""
    with _starting:
        while _waiting:
            # No longer waiting: to see whether it answers, we connect to it ourselves.
            _waiting.pop(0).start()


def of_database(name: str) -> dict[str, str]:
    """The variables that lead to another database of the server."""
    return {
        variable: urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{name}"))
        for variable in ("DATABASE_URL", "DATABASE_OWNER_URL")
        if os.environ.get(variable)
    }


def owner_url() -> str:
    """Where databases and tables are made."""
    return os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]


def make_database(name: str) -> dict[str, str]:
    """An empty database with all tables, a new one; the variables that lead to it.

    A copy: a moment's work instead of five seconds'.
    """
    with _administrator() as line:
        line.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        line.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_database()}")
    return of_database(name)


def migrated_database() -> str:
    """The one that others are copies of, made when the first is wanted."""
    with _administrator() as line:
        line.execute("SELECT pg_advisory_lock(hashtext(%s))", [MIGRATED])
        if not line.execute("SELECT FROM pg_database WHERE datname = %s", [MIGRATED]).fetchall():
            _migrate(line)
    return MIGRATED


def _migrate(line: psycopg.Connection) -> None:
    # Under another name until it is whole.
    draft = f"{MIGRATED}_draft"
    line.execute(f"CREATE DATABASE {draft}")
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0"],
        env={**os.environ, **of_database(draft), "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        check=True,
    )
    line.execute(f"ALTER DATABASE {draft} RENAME TO {MIGRATED}")


def _administrator() -> psycopg.Connection:
    return psycopg.connect(owner_url(), autocommit=True)


def are_running() -> bool:
    return not _waiting


def _settle() -> None:
    """Say where the servers will be."""
    folder = Path(tempfile.mkdtemp(prefix="lomi-tests-"))
    # PostgreSQL may run as another user, who must get through.
    folder.chmod(0o711)
    postgres, valkey = postgres_server(folder, is_durable=False), valkey_server(folder)
    for name, server in (("DATABASE_URL", postgres), ("REDIS_URL", valkey)):
        if not os.environ.get(name):
            server.settle()
            os.environ[name] = server.url
            _waiting.append(server)
    if postgres in _waiting:
        os.environ["DATABASE_OWNER_URL"] = postgres.owner_url
    own = list(_waiting)

    def end() -> None:
        for server in own:
            if server.started_here:
                server.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)


if not WORKER:
    _settle()
elif WORKER.startswith("gw"):
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{int(WORKER.removeprefix('gw')) + 1}"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """With workers there is always one that needs them, and they are nobody's to start."""
    if session.config.getoption("tx", None):
        start()
        # While the workers read the tests.
        threading.Thread(target=migrated_database, daemon=True).start()


def pytest_sessionfinish() -> None:
    if not WORKER and are_running():
        with _administrator() as line:
            line.execute(f"DROP DATABASE IF EXISTS {MIGRATED} WITH (FORCE)")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Whoever starts processes of the platform gives them these servers."""
    if item.get_closest_marker("stack"):
        start()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: Any) -> None:
    if fixturedef.argname == "django_db_setup":
        start()
        if WORKER:
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated_database()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not are_running():
        terminalreporter.write_line("no test needed a server: none was started")


def _start_before(connect: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(connect)
    def connected(self: Any, *arguments: Any, **options: Any) -> Any:
        # Not for those who look for a server where there is none.
        if _waiting and f":{getattr(self, 'port', 0)}/" in os.environ["REDIS_URL"]:
            start()
        return connect(self, *arguments, **options)

    return connected


for _each in (redis.connection.AbstractConnection, redis.asyncio.connection.AbstractConnection):
    _each.connect = _start_before(_each.connect)  # type: ignore[method-assign]
