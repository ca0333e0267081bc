"""The suite itself: what it relies on."""

import inspect
import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

from tests.chaos import soak
from tests.chaos.long_tests import LONG, PROPERTIES, LongTests
from tests.conftest import _shuffle
from tests.cpu_budget import CPU_S_MAX, DEAR, FAILURE_CPU_S, is_failure, is_too_dear
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


# What every run shows of its workers, of a run without any.
@pytest.mark.soak
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


# What is not for `make test` is for `make soak`.

MARKED_LONG = re.compile(r"mark\.(soak|longer)\b")


def test_whatever_make_test_leaves_out_make_soak_runs():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    options = shlex.split(settings["addopts"])
    usual = options[options.index("-m") + 1]

    def runs(expression, *marks):
        return Expression.compile(expression).evaluate(lambda name, **_: name in marks)

    left_out = [
        marks
        for marks in ([], ["soak"], ["longer"], ["stack"], ["stack", "soak"], ["soak", "longer"])
        if not runs(usual, *marks)
    ]
    assert left_out == [["soak"], ["stack", "soak"], ["soak", "longer"]]
    assert all(runs(LONG, *marks) for marks in left_out)
    # Of all folders, as part of the command that `make soak` is.
    assert set(settings["testpaths"]) == {"tests", "apps"}
    assert "run_long_tests()" in inspect.getsource(soak.main)
    assert re.search(r"^soak:.*\n\t@\$\(VENV\) -m tests\.chaos$", makefile(), re.MULTILINE)


def makefile():
    return (ROOT / "Makefile").read_text()


def test_what_is_longer_in_make_soak_is_marked_so():
    """Else its length would be another nowhere."""
    using = [
        path
        for folder in ("tests", "apps")
        for path in (ROOT / folder).rglob("test_*.py")
        if re.search(r"\bat_length\(", path.read_text())
    ]

    assert using
    assert [path for path in using if not MARKED_LONG.search(path.read_text())] == []


def test_every_property_whose_examples_are_few_here_is_run_with_many_there():
    few = re.compile(r"\bexamples\(\d|\blive\([A-Z]")
    using = {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for folder in ("tests", "apps")
        for path in (ROOT / folder).rglob("test_*.py")
        if few.search(path.read_text()) and path != Path(__file__)
    }

    assert len(using) > 20
    assert [
        name
        for name, text in using.items()
        if not name.startswith(PROPERTIES) and not MARKED_LONG.search(text)
    ] == []


def test_no_other_target_of_the_tests_runs_long_ones_by_chance():
    (line,) = re.findall(r"^test:.*\n\t(.+)$", makefile(), re.MULTILINE)

    assert "LOMI_SOAK" not in line
    assert " -m pytest -n" in line
    assert line.count(" -m ") == 1


@pytest.mark.parametrize(
    ("done", "is_clean"),
    [(LongTests(9, 0), True), (LongTests(9, 1), False), (LongTests(0, 0), False)],
    ids=["clean", "one failed", "none was run"],
)
def test_a_soak_whose_long_tests_did_not_all_succeed_is_not_clean(done, is_clean):
    assert done.is_clean == is_clean
    assert str(done) == f"RESULT long tests={done.run} failed={done.failed}"


# What a test may cost.


def test_a_test_is_named_that_takes_more_cpu_than_its_share():
    assert is_too_dear("tests/api/test_fees.py::test_any[x]", CPU_S_MAX + 1)
    assert not is_too_dear("tests/api/test_fees.py::test_any[x]", CPU_S_MAX)
    assert not is_too_dear(f"{min(DEAR)}::test_any@crash", CPU_S_MAX + 1)


def test_only_what_no_slow_machine_explains_is_a_failure():
    assert not is_failure(2 * CPU_S_MAX)
    assert is_failure(FAILURE_CPU_S + 1)


def test_what_may_cost_more_is_short_and_has_its_reason(request):
    assert len(DEAR) <= 5
    assert all((ROOT / path).exists() and reason for path, reason in DEAR.items())
    assert request.config.pluginmanager.has_plugin("tests.cpu_budget")
