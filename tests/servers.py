"""A pytest plugin: PostgreSQL and Valkey for this run, up before Django reads its settings.

With DATABASE_URL and REDIS_URL set, those servers are used instead. Each xdist worker has a
database and a Valkey database of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from local.servers import locate_servers

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="lomi-tests-"))
    # PostgreSQL may run as another user, who must get through.
    folder.chmod(0o711)
    servers = locate_servers(folder, os.environ, is_durable=False)
    atexit.register(lambda: (servers.stop(), shutil.rmtree(folder, ignore_errors=True)))
    os.environ["DATABASE_URL"] = servers.database_url
    os.environ["REDIS_URL"] = servers.redis_url


if not WORKER:
    _start()
elif WORKER.startswith("gw"):
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{int(WORKER.removeprefix('gw')) + 1}"
