from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import ports
from local.night_watch import NightWatch
from local.shop import Shop
from local.stack import Stack
from tests.docs.reader import Demo, walk_through, work_folder
from tests.migrated_cluster import prepare_migrated
from tests.receiver import Receiver


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    # Not tmp_path: as root, PostgreSQL runs as another user, whom pytest's own folders keep out.
    folder = Path(tempfile.mkdtemp(prefix="lomi docs "))
    folder.chmod(0o755)
    # Servers of its own: the balance of the walk is that of a new platform.
    stack = Stack(folder, environ_extra={"DATABASE_URL": "", "REDIS_URL": ""}, is_durable=False)
    shop, watch = Shop(), NightWatch()
    try:
        prepare_migrated(stack)
        addresses = ("--webhook-url", shop.url, "--alert-url", watch.url)
        printed = stack.manage("seed_demo", *addresses)
        stack.start()
        yield Demo(stack, json.loads(printed.splitlines()[-1]), shop, watch, ports.choose_port())
    finally:
        stack.stop()
        shop.close()
        watch.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def walked(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, Exception | None]:
    """The demo, after the README's reader: she begins with an empty platform.

    What she found wrong is for her own test to say.
    """
    receiver = Receiver()
    try:
        walk_through(demo, work_folder(tmp_path_factory.mktemp("readme")), receiver, "README.md")
    except Exception as error:
        return demo, error
    finally:
        receiver.close()
    return demo, None
