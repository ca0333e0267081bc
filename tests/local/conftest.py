"""Folders for servers and processes: short-lived, with spaces in their names."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # Not tmp_path: as root, PostgreSQL runs as nobody, whom pytest's own folders keep out.
    folder = Path(tempfile.mkdtemp(prefix="lomi local "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def empty_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lomi local "))
    yield folder
    shutil.rmtree(folder)
