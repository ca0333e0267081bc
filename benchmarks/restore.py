"""A database that has grown is lost with its disk and restored by the commands of the guide.

The value is how long it took from the loss until the platform is let work again: the base backup
copied, the WAL read, `after_restore` done. The payments are copies of one, as `growth` makes them;
`megabytes` is what that came to. `lost_s`: what was answered and is not there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import psycopg

from benchmarks.growth import FIRST_MS, MAKE_ID, fill
from benchmarks.platform import Platform
from benchmarks.result import result, say
from tests.restore.operator import Heartbeat, Operator

ROWS = int(float(os.environ.get("BENCH_ROWS", "1e6")))
BACK_S_MAX = 600.0
LOST_S_MAX = 5.0


def run() -> bool:
    folder = Path(tempfile.mkdtemp(prefix="lomi-restore-"))
    folder.chmod(0o711)
    try:
        return _run(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path) -> bool:
    with Platform(approve_after_s=0.05, processes=["web", "simulators"]) as platform:
        server = platform.stack.servers.postgres
        if server is None:
            raise RuntimeError("restore needs its own PostgreSQL: unset DATABASE_URL")
        platform.answers(platform.load(clients=4, duration_s=3))
        with psycopg.connect(server.owner_url, autocommit=True) as connection:
            connection.execute(MAKE_ID % FIRST_MS)
            fill(connection, 0, ROWS)
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        megabytes = (row[0] if row else 0) / 1e6
        say(f"{ROWS} payments, {megabytes:.0f} MB")
        operator = Operator(server, folder / "backup")
        operator.set_up()
        with operator.receiving():
            begun = time.monotonic()
            operator.take_base_backup()
            say(f"base backup after {time.monotonic() - begun:.0f} s")
            heartbeat = Heartbeat(server)
            platform.answers(platform.load(clients=4, duration_s=10))
            server.kill()
        platform.stack.supervisor.stop("web")
        begun = time.monotonic()
        operator.lose_everything()
        operator.restore()
        restored_s = time.monotonic() - begun
        platform.stack.manage("after_restore", "--by", "bench", "--reason", "its disk was lost")
        back_s = time.monotonic() - begun
        lost_s = heartbeat.lost_s()
    result(
        "restore",
        value=back_s,
        unit="s",
        floor=BACK_S_MAX,
        payments=ROWS,
        megabytes=megabytes,
        database_s=restored_s,
        lost_s=lost_s,
    )
    return back_s <= BACK_S_MAX and lost_s <= LOST_S_MAX
