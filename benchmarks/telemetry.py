"""What traces and JSON logs cost: CPU time of our own processes for one payment, with them beside
without them, in percent.

`create`: the web process alone, answering as fast as eight clients ask. `lifecycle`: web and
worker, at a rate that they hold, until the last webhook is in. Each is run several times, with and
without in turn; the price is that of the medians. A collector takes the traces; its time does not
count. The value is that of what is shipped, where a share of the requests is traced; beside it what
it costs to trace all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

import psutil

from benchmarks.platform import Platform
from benchmarks.result import result, say
from local import ports

ROUNDS = int(os.environ.get("TELEMETRY_ROUNDS", "3"))
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "12"))
RATE = float(os.environ.get("BENCH_RATE", "40"))
CLIENTS = 8
GOAL_PERCENT = 3.0

LINES = {"LOG_LEVEL": "INFO", "LOG_FORMAT": "line"}
JSON = {"LOG_FORMAT": "json"}
ALL = {"OTEL_TRACES_SAMPLER": "always_on"}
WARM_S = 4.0

Variants = dict[str, dict[str, str]]


def run() -> bool:
    with _collector() as collector:
        traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector}
        variants: Variants = {
            "without": LINES,
            "logs": {**LINES, **JSON},
            "traces": {**LINES, **traces},
            "both": {**LINES, **JSON, **traces},
            "everything": {**LINES, **JSON, **traces, **ALL},
        }
        with Platform(approve_after_s=0.05, processes=["web"]) as platform:
            create = _prices("create", platform, ["web"], variants, _create)
        variants = {name: variants[name] for name in ("without", "both", "everything")}
        with Platform(approve_after_s=0.05) as platform:
            lifecycle = _prices("lifecycle", platform, ["web", "worker"], variants, _lifecycle)
        with urllib.request.urlopen(collector, timeout=5) as answer:
            traced = int(answer.read())
    if not create or not lifecycle:
        return False
    result(
        "telemetry",
        value=max(create["both"], lifecycle["both"]),
        unit="percent",
        floor=GOAL_PERCENT,
        create_percent=create["both"],
        create_logs_percent=create["logs"],
        create_traces_percent=create["traces"],
        create_everything_percent=create["everything"],
        lifecycle_percent=lifecycle["both"],
        lifecycle_everything_percent=lifecycle["everything"],
        rounds=ROUNDS,
        traced_bytes=traced,
    )
    return traced > 0


def _prices(
    what: str,
    platform: Platform,
    processes: Sequence[str],
    variants: Variants,
    measure: Callable[[Platform], float | None],
) -> dict[str, float]:
    """Variant -> percent above "without"; nothing if a run failed."""
    costs: dict[str, list[float]] = {name: [] for name in variants}
    # The first of all pays for caches and pools that the others find warm.
    measure(platform)
    for number in range(ROUNDS):
        # There and back: what drifts is in all of them.
        for name in reversed(variants) if number % 2 else variants:
            for process in processes:
                platform.stack.restart(process, variants[name])
            cost = measure(platform)
            if cost is None:
                return {}
            costs[name].append(cost)
            say(f"{what} {name:8}{cost:6.2f} ms of CPU a payment")
    middles = {name: median(each) for name, each in costs.items()}
    prices = {name: 100 * (cost / middles["without"] - 1) for name, cost in middles.items()}
    for name, cost in middles.items():
        say(f"{what} {name}: median {cost:.2f} ms, {prices[name]:+.1f} %")
    return prices


def _create(platform: Platform) -> float | None:
    platform.answers(platform.load(clients=CLIENTS, duration_s=WARM_S))
    begun = _cpu_s(platform, ["web"])
    answered = platform.answers(platform.load(clients=CLIENTS, duration_s=HOLD_S))
    used = _cpu_s(platform, ["web"]) - begun
    if set(answered["statuses"]) != {"201"}:
        say(f"not every payment was created: {answered['statuses']}")
        return None
    return 1_000 * used / float(answered["sent"])


def _lifecycle(platform: Platform) -> float | None:
    done = platform.succeeded()
    done += int(platform.answers(platform.load(rate=RATE, duration_s=WARM_S))["sent"])
    platform.wait_until_quiet(done)
    begun = _cpu_s(platform, ["web", "worker"])
    sent = int(platform.answers(platform.load(rate=RATE, duration_s=HOLD_S))["sent"])
    is_quiet = platform.wait_until_quiet(done + sent)
    used = _cpu_s(platform, ["web", "worker"]) - begun
    if not is_quiet:
        say(f"{RATE:.0f} payments/s are more than this machine does: set BENCH_RATE")
        return None
    return 1_000 * used / float(sent)


def _cpu_s(platform: Platform, names: Sequence[str]) -> float:
    """Of these processes and their children, so far."""
    spent = 0.0
    for name in names:
        parent = psutil.Process(platform.stack.supervisor.pid(name))
        for process in (parent, *parent.children(recursive=True)):
            times = process.cpu_times()
            spent += times.user + times.system
    return spent


@contextmanager
def _collector() -> Iterator[str]:
    """Its address."""
    port = ports.choose_port()
    argv = [sys.executable, "-m", "benchmarks.trace_sink", str(port)]
    with subprocess.Popen(argv) as sink:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            sink.terminate()
