"""A pytest plugin: no test of `make test` costs more than its share of CPU; in CI it would fail.

CPU and not time: a busy machine makes a test wait and costs it little CPU more. Counted is the
process of the test with those that it started and waited for, in the test and in what was made
for it. What the teardown ends may have served a hundred tests and is no one's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.tries import IS_SOAK

CPU_S_MAX = 30.0
# Whoever may cost more, and why it cannot be less.
DEAR = {
    "tests/chaos/test_failpoints.py": "one crash at each failpoint, for all tests of the file",
    "tests/chaos/test_victims.py": "each server is lost under load, for all tests of the file",
    "tests/journeys/test_book_as_sent.py": "a platform whose balance ends below zero",
}

_spent = pytest.StashKey[float]()
_over: dict[str, float] = {}


def is_too_dear(node_id: str, cpu_s: float) -> bool:
    return cpu_s > CPU_S_MAX and node_id.partition("::")[0] not in DEAR


def _cpu_s() -> float:
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    begun = _cpu_s()
    try:
        return (yield)
    finally:
        item.stash[_spent] = _cpu_s() - begun


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    begun = _cpu_s()
    try:
        return (yield)
    finally:
        cpu_s = item.stash[_spent] + _cpu_s() - begun
        # Goes with the report from a worker to the process that sums up.
        item.user_properties.append(("cpu_s", cpu_s))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    cpu_s = dict(report.user_properties).get("cpu_s", 0.0)
    if report.when == "call" and is_too_dear(report.nodeid, cpu_s):
        _over[report.nodeid] = cpu_s


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if IS_SOAK:
        return
    for name, cpu_s in _over.items():
        said = f"{name} took {cpu_s:.0f} s of CPU, {CPU_S_MAX:.0f} are allowed: tests/cpu_budget.py"
        terminalreporter.write_line(said, red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    is_worker = hasattr(session.config, "workerinput")
    if os.environ.get("LOMI_CI") and _over and not IS_SOAK and not is_worker:
        session.exitstatus = session.exitstatus or 1
