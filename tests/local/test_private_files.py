"""What the processes of one machine write, other users of it do not read."""

import os
import stat
import sys

import pytest

from local.keys import open_private
from local.processes import Program, Supervisor

WRITES = """
import os, sys
open(sys.argv[1] + "/written", "w").close()
os.mkdir(sys.argv[1] + "/made")
print("said")
"""


def open_to_others(folder):
    return [
        str(path)
        for path in folder.rglob("*")
        if stat.S_IMODE(path.lstat().st_mode) & 0o077 and not path.is_symlink()
    ]


@pytest.fixture
def careless():
    before = os.umask(0)
    yield
    os.umask(before)


def test_logs_and_what_a_process_writes_are_its_owners_alone(tmp_path, careless):
    log = tmp_path / "log" / "writer.log"
    log.parent.mkdir()
    # From before, readable by all.
    log.touch(0o666)
    supervisor = Supervisor(log.parent)
    command = [sys.executable, "-c", WRITES, str(tmp_path)]

    supervisor.start(Program("writer", command, dict(os.environ), tmp_path))
    supervisor.wait_until_dead("writer", timeout_s=120)
    supervisor.stop_all()

    assert log.read_text() == "said\n"
    assert open_to_others(tmp_path) == []


def test_a_private_file_is_appended_to(tmp_path, careless):
    for word in (b"one", b"two"):
        with open_private(tmp_path / "file") as file:
            file.write(word)

    assert (tmp_path / "file").read_bytes() == b"onetwo"
    assert open_to_others(tmp_path) == []
