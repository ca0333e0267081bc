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
from local.shop import Shop
from local.stack import Stack


@dataclass(frozen=True)
class Demo:
    """A stack of its own with the demo's data; its webhooks go to the shop.

    Nobody listens on `receiver_port` yet.
    """

    stack: Stack
    seeded: dict[str, Any]
    shop: Shop
    receiver_port: int

    @property
    def merchant(self) -> dict[str, Any]:
        found: dict[str, Any] = self.seeded["merchants"][0]
        return found


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    # Not tmp_path: as root, PostgreSQL runs as another user, whom pytest's own folders keep out.
    folder = Path(tempfile.mkdtemp(prefix="lomi docs "))
    folder.chmod(0o755)
    # Servers of its own: the balance of the walk is that of a new platform.
    stack = Stack(folder, environ_extra={"DATABASE_URL": "", "REDIS_URL": ""}, is_durable=False)
    shop = Shop()
    try:
        stack.prepare()
        stack.manage("migrate", "--verbosity", "0")
        printed = stack.manage("seed_demo", "--webhook-url", shop.url)
        stack.start()
        yield Demo(stack, json.loads(printed.splitlines()[-1]), shop, ports.choose_port())
    finally:
        stack.stop()
        shop.close()
        shutil.rmtree(folder, ignore_errors=True)
