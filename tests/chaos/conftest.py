"""One platform of real processes for every crash: kept between tests, never between runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.kills import PASSES
from tests.chaos.orders import pay_in
from tests.chaos.platform import Platform


@pytest.fixture(scope="package")
def platform() -> Iterator[Platform]:
    folder = Path(tempfile.mkdtemp(prefix="lomi chaos "))
    # As root, PostgreSQL runs as another user, who must get through.
    folder.chmod(0o711)
    try:
        with Platform(folder, PASSES) as platform:
            pay_in(platform)
            yield platform
    finally:
        shutil.rmtree(folder, ignore_errors=True)
