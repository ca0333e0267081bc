"""A pytest plugin: PostgreSQL and Valkey for this run, started when the first test needs one.

Their addresses are settled before Django reads its settings; a test that needs neither starts
neither. With DATABASE_URL and REDIS_URL set, those servers are used instead. Each xdist worker has
a Valkey database of its own, and a PostgreSQL of its own, copied from migrated_cluster: on one
server a long test of one worker would hold back whatever waits, in another, for all that is older.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis.asyncio
import redis.connection
from django.db import connection

from local.postgres import PostgresServer
from local.server import Server
from local.servers import postgres_server, valkey_server
from tests.migrated_cluster import MIGRATED, cluster, copy_cluster, migrate
from tests.migrated_cluster import of_database as of_database

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
# Servers that were there before may hold databases of other runs.
RUN = os.environ.setdefault("LOMI_RUN", uuid4().hex[:8])
# The folder of this run, in which workers make theirs.
FOLDER = "LOMI_TESTS_FOLDER"
# The worker whose servers these variables lead to.
SETTLED = "LOMI_TESTS_WORKER"

_waiting: list[Server] = []
_starting = threading.RLock()


def start() -> None:
    """Start what this run has of its own and does not run yet."""
    with _starting:
        while _waiting:
            # No longer waiting: to see whether it answers, we connect to it ourselves.
            server = _waiting.pop(0)
            if isinstance(server, PostgresServer):
                copy_cluster(server)
            server.start()


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
        name = MIGRATED if FOLDER in os.environ else f"{MIGRATED}_{RUN}"
        line.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if not line.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
            migrate(line, name)
    return name


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
        os.environ[FOLDER] = str(folder)
    else:
        # That of a run in which this one is a test.
        os.environ.pop(FOLDER, None)
    _end_with_us(folder)


def _settle_worker() -> None:
    if os.environ.get(SETTLED) == WORKER:
        # A process that a worker started: the servers are the worker's.
        return
    os.environ[SETTLED] = WORKER
    number = int(WORKER.removeprefix("gw")) + 1
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{number}"
    if FOLDER not in os.environ:
        return
    folder = Path(os.environ[FOLDER])
    own = folder / WORKER
    # A worker that died may have had its name before.
    shutil.rmtree(own, ignore_errors=True)
    server = postgres_server(own, is_durable=False)
    server.data_dir.mkdir(parents=True)
    own.chmod(0o711)
    server.settle()
    os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"] = server.url, server.owner_url
    _waiting.append(server)
    _end_with_us(own)


def _end_with_us(folder: Path) -> None:
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
    _settle_worker()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """With workers there is always one that needs them, and they are nobody's to start."""
    if session.config.getoption("tx", None):
        own = [one for one in _waiting if isinstance(one, PostgresServer)]
        _waiting[:] = [one for one in _waiting if one not in own]
        start()
        # While the workers read the tests, each of which starts a copy.
        prepare = cluster if own else migrated_database
        threading.Thread(target=prepare, daemon=True).start()


def pytest_sessionfinish() -> None:
    if not WORKER and are_running() and FOLDER not in os.environ:
        with _administrator() as line:
            line.execute(f"DROP DATABASE IF EXISTS {MIGRATED}_{RUN} WITH (FORCE)")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Whoever starts processes of the platform gives them these servers."""
    if item.get_closest_marker("stack"):
        start()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: Any) -> None:
    if fixturedef.argname == "django_db_setup":
        start()
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
