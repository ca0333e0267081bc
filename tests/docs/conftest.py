from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import ports
from local.stack import Stack


@dataclass(frozen=True)
class Demo:
    """A stack of its own with the demo's data; its webhooks go to `receiver_port`."""

    stack: Stack
    merchant: dict[str, Any]
    receiver_port: int


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    # Not tmp_path: as root, PostgreSQL runs as another user, whom pytest's own folders keep out.
    folder = Path(tempfile.mkdtemp(prefix="lomi docs "))
    folder.chmod(0o755)
    # Servers of its own: the balance of the walk is that of a new platform.
    stack = Stack(folder, environ_extra={"DATABASE_URL": "", "REDIS_URL": ""}, is_durable=False)
    receiver_port = ports.choose_port()
    try:
        stack.prepare()
        stack.manage("migrate", "--verbosity", "0")
        url = f"http://{ports.HOST}:{receiver_port}/"
        seeded = json.loads(stack.manage("seed_demo", "--webhook-url", url).splitlines()[-1])
        stack.start()
        yield Demo(stack, seeded["merchants"][0], receiver_port)
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
