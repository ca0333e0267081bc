"""A pytest plugin: it names what costs more than a test's share of CPU; far above, CI fails.

CPU and not time: a busy machine makes a test wait and costs it less CPU more. But the same test
costs one machine twice what it costs another, and up to twice beside others that share a core.
So what is over its share is named, and only what no machine explains is a failure. Counted is the
process of the test with those that it started and waited for, in the test and in what was made
for it. What the teardown ends may have served a hundred tests and is no one's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.tries import IS_SOAK

CPU_S_MAX = 30.0
FAILURE_CPU_S = 4 * CPU_S_MAX
# Whoever may cost more, and why it cannot be less.
DEAR = {
    "tests/clients/test_clients.py": "installs and type-checks a generated client",
    "tests/chaos/test_failpoints.py": "one crash at each failpoint, for all tests of the file",
    "tests/chaos/test_victims.py": "each server is lost under load, for all tests of the file",
    "tests/restore/test_backup.py": "a platform is killed, restored and started again",
    "tests/journeys/test_book_as_sent.py": "a platform whose balance ends below zero",
}

_spent = pytest.StashKey[float]()
_over: dict[str, float] = {}


def is_too_dear(node_id: str, cpu_s: float) -> bool:
    return cpu_s > CPU_S_MAX and node_id.partition("::")[0] not in DEAR


def is_failure(cpu_s: float) -> bool:
    return cpu_s > FAILURE_CPU_S


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
    if IS_SOAK or is_worker or not os.environ.get("LOMI_CI"):
        return
    if any(is_failure(cpu_s) for cpu_s in _over.values()):
        session.exitstatus = session.exitstatus or 1
