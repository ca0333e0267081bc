"""The suite itself: what it relies on."""

import itertools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import _shuffle
from tests.nested import environment_without_servers

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.xdist_group("one worker")
def test_tests_of_one_group_share_a_worker(request):
    """Else two platforms would start at once over one database."""
    is_grouped = request.config.getoption("loadgroup", False)

    assert request.node.nodeid.endswith("@one worker") == is_grouped


@dataclass(frozen=True)
class Item:
    path: Path
    name: str


def pytest_in_itself(*arguments: str, **environment: str) -> str:
    """What a run of pytest says that has no servers yet."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", *arguments],
        cwd=ROOT,
        env={**environment_without_servers(), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_file_of_pure_tests_starts_no_server():
    said = pytest_in_itself("tests/payments/test_judge_reply.py")

    assert "no test needed a server: none was started" in said


def test_a_test_that_needs_a_server_finds_it():
    said = pytest_in_itself(
        "tests/core/test_rate_limit.py",
        "-k",
        "threads_at_once",
    )

    assert "none was started" not in said


def test_a_seed_puts_modules_and_tests_in_another_order(monkeypatch):
    def shuffled(seed: str) -> list[tuple[Path, str]]:
        items = [Item(Path(f"test_{n % 5}.py"), str(n)) for n in range(50)]
        monkeypatch.setattr("tests.conftest.SHUFFLE_SEED", seed)
        _shuffle(items)
        return [(item.path, item.name) for item in items]

    order = shuffled("1")

    assert order == shuffled("1")
    assert order != shuffled("2")
    # The tests of a module stay together, for what they share is made once.
    assert len(list(itertools.groupby(order, key=lambda item: item[0]))) == 5
