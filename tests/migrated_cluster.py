"""A PostgreSQL that was migrated once, kept in var/tests until a migration or a model is another:
whoever wants a migrated one copies it. A moment's work instead of a quarter of a minute's.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from local.postgres import PostgresServer
from local.servers import postgres_server
from local.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
MIGRATED = "lomi_migrated"

TEMPLATES = ROOT / "var" / "tests"
# What a migrated database depends on.
MADE_OF = (
    "apps/*/migrations/*.py", "apps/*/models.py", "apps/*/apps.py", "apps/core/postgresql/*.py",
    "config/**/*.py", "requirements/*.txt", "local/postgres.py", "local/server.py",
)  # fmt: skip
TEMPLATES_KEPT_S = 86_400


def copy_cluster(server: PostgresServer) -> None:
    """Before its first start."""
    template = cluster()
    server.data_dir.mkdir(parents=True, exist_ok=True)
    # With their owner, who may be another user. The superuser's password is in the cluster.
    for name in ("cluster", "password"):
        subprocess.run(["cp", "-a", str(template / name), str(server.data_dir)], check=True)


def prepare_migrated(stack: Stack) -> None:
    """Prepare a stack that has a PostgreSQL of its own: its database is migrated."""
    copy_cluster(postgres_server(stack.var))
    stack.prepare()
    assert stack.servers.postgres is not None
    with psycopg.connect(stack.servers.postgres.superuser_url, autocommit=True) as line:
        line.execute("DROP DATABASE lomi")
        line.execute(f"CREATE DATABASE lomi TEMPLATE {MIGRATED} OWNER lomi")


def cluster() -> Path:
    """The folder of the one that others are copies of; made by who needs it first."""
    made_of = sorted(path for pattern in MADE_OF for path in ROOT.glob(pattern))
    digest = hashlib.sha256()
    for path in made_of:
        digest.update(b"%s\0%s\0" % (str(path.relative_to(ROOT)).encode(), path.read_bytes()))
    TEMPLATES.mkdir(parents=True, exist_ok=True)
    folder = TEMPLATES / digest.hexdigest()[:16]
    with (TEMPLATES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _make(folder)
        folder.touch()
        for each in TEMPLATES.iterdir():
            if each.is_dir() and time.time() - each.stat().st_mtime > TEMPLATES_KEPT_S:
                shutil.rmtree(each)
    return folder


def _make(folder: Path) -> None:
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    server = postgres_server(draft, is_durable=False)
    server.start()
    try:
        line = {"DATABASE_URL": server.url, "DATABASE_OWNER_URL": server.owner_url}
        with psycopg.connect(server.owner_url, autocommit=True) as administrator:
            migrate(administrator, MIGRATED, line)
    finally:
        server.stop()
    (draft / "postgres").rename(folder)
    shutil.rmtree(draft)


def migrate(line: psycopg.Connection, name: str, server: Mapping[str, str] = os.environ) -> None:
    """Make a migrated database of this name by manage.py."""
    # Under another name until it is whole.
    draft = f"{name}_draft"
    line.execute(f"CREATE DATABASE {draft}")
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0"],
        env={
            **os.environ,
            **of_database(draft, server),
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        },
        check=True,
    )
    line.execute(f"ALTER DATABASE {draft} RENAME TO {name}")


def of_database(name: str, server: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that lead to another database of the server."""
    return {
        variable: urlunsplit(urlsplit(server[variable])._replace(path=f"/{name}"))
        for variable in ("DATABASE_URL", "DATABASE_OWNER_URL")
        if server.get(variable)
    }
