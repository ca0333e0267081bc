"""A database beside the tests' own, for commands of its own."""

import os
import subprocess
import sys
from contextlib import contextmanager

import psycopg

from local.stack import ROOT
from tests import servers


@contextmanager
def other_database(suffix, *, is_migrated=False):
    """The URL of an empty database; with all tables, or with none to be migrated by the test."""
    servers.start()
    template = f' TEMPLATE "{servers.migrated_database()}"' if is_migrated else ""
    owner = servers.owner_url()
    address = psycopg.conninfo.conninfo_to_dict(owner)
    name = f"{address['dbname']}_{suffix}_{os.getpid()}"
    with psycopg.connect(owner, autocommit=True) as administrator:
        administrator.execute(f'CREATE DATABASE "{name}"{template}')
        before, _, after = owner.rpartition(f"/{address['dbname']}")
        yield f"{before}/{name}{after}"
        administrator.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def manage(database, *arguments):
    """What a command of manage.py says there; it succeeds."""
    return run(database, "manage.py", *arguments, "--settings", "config.settings.test")


def run(database, *arguments):
    """What a Python program says there; it succeeds."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database,
            "DATABASE_OWNER_URL": "",
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
