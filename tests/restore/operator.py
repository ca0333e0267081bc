"""Whoever makes backups and restores them, by the commands of docs/guides/backups.md."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from local import ports
from local.passage import let_pass
from local.postgres import PostgresServer, _postgres_programs
from local.server import Server
from tests.docs.pages import Block, blocks, read

PAGE = "docs/guides/backups.md"
PATIENCE_S = 900.0
# The wheel's own crashes at once, whatever it is asked.
VERIFY = """#!/bin/sh
test -s "$1/backup_manifest"
"""


def shown(start: str) -> Block:
    """The block of the page that begins like this."""
    (found,) = [block for block in blocks(read(PAGE)) if block.text.startswith(start)]
    return found


def wait_until(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


class Operator:
    def __init__(self, server: PostgresServer, backup: Path) -> None:
        self.server, self.backup = server, backup
        account = server.account()
        self._identity: dict[str, Any] = {}
        backup.mkdir()
        self._stand_ins = backup / "programs"
        self._stand_ins.mkdir()
        verify = self._stand_ins / "pg_verifybackup"
        verify.write_text(VERIFY)
        verify.chmod(0o755)
        for name in ("wal", "base"):
            (backup / name).mkdir(mode=0o700)
        if account is not None:
            let_pass(backup, account)
            for name in ("wal", "base"):
                os.chown(backup / name, account.uid, account.gid)
            self._identity = {"user": account.uid, "group": account.gid, "extra_groups": []}

    def set_up(self) -> None:
        self.run(f"psql --quiet '{self.server.superuser_url}'", shown("CREATE ROLE").text)

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """All that is committed goes to the backup, until the server ends."""
        command = f"exec {self._filled(shown('pg_receivewal').text)}"
        receiver = subprocess.Popen(["bash", "-c", command], **self._surroundings())
        try:
            with psycopg.connect(self.server.superuser_url, autocommit=True) as line:
                streams = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"
                wait_until(lambda: line.execute(streams).fetchone(), "pg_receivewal")
            yield
        finally:
            receiver.terminate()
            receiver.wait(PATIENCE_S)

    def take_base_backup(self) -> None:
        self.run(shown("base=/backup/base/$(date").text)

    def lose_everything(self) -> None:
        # Processes of a server that was killed may still write there for a moment.
        gone = self.server.cluster.rename(self.server.data_dir / "gone")
        shutil.rmtree(gone, ignore_errors=True)

    def restore(self, *, until: datetime | None = None) -> None:
        """Ready when it returns."""
        self.server.cluster.mkdir(mode=0o700)
        if account := self.server.account():
            os.chown(self.server.cluster, account.uid, account.gid)
        self.run(shown("base=$(ls").text)
        if until is not None:
            self.run(shown('echo "recovery_target_time').text, UNTIL=until.isoformat())
        # Its roles are those of before.
        Server.start(self.server)
        with psycopg.connect(self.server.superuser_url, autocommit=True) as line:
            over = "SELECT 1 WHERE NOT pg_is_in_recovery()"
            wait_until(lambda: line.execute(over).fetchone(), "the end of the recovery")

    def run(self, text: str, fed: str = "", **variables: str) -> None:
        """A block of the page, in the shell of PostgreSQL's user."""
        done = subprocess.run(
            ["bash", "-euc", self._filled(text)],
            **self._surroundings(**variables),
            input=fed,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}"

    def _filled(self, text: str) -> str:
        return text.replace("/backup/", f"{self.backup}/")

    def _surroundings(self, **variables: str) -> dict[str, Any]:
        environment = {
            "PATH": f"{self._stand_ins}:{_postgres_programs()}:/usr/bin:/bin",
            "PGHOST": ports.HOST,
            "PGPORT": str(self.server.chosen_port()),
            "PGUSER": "lomi_backup",
            "PGPASSWORD": "choose-one",
            "PGDATA": str(self.server.cluster),
            **variables,
        }
        return {"env": environment, "cwd": self.backup, **self._identity}


class Heartbeat:
    """A commit after the other, for as long as the server takes them."""

    def __init__(self, server: PostgresServer) -> None:
        self._url = server.superuser_url
        with psycopg.connect(self._url) as line:
            line.execute("CREATE TABLE IF NOT EXISTS beats (n bigint, at float8)")
        # When each was answered.
        self.answered: list[float] = []
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def _beat(self) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True) as line:
                while True:
                    number = len(self.answered)
                    line.execute("INSERT INTO beats VALUES (%s, %s)", [number, time.time()])
                    self.answered.append(time.time())
                    time.sleep(0.005)
        except psycopg.Error:
            return

    def lost_s(self) -> float:
        """How much of what was answered is not there: from the first missing to the last."""
        self._thread.join()
        with psycopg.connect(self._url) as line:
            row = line.execute("SELECT count(*) FROM beats").fetchone()
        assert row is not None
        # One more may be there than was answered.
        there = min(row[0], len(self.answered))
        if there == len(self.answered):
            return 0.0
        return self.answered[-1] - self.answered[there]
