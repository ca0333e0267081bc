"""What traces and JSON logs cost: CPU time of our own processes for one payment, with them beside
without them, in percent.

`create`: the web process alone, answering as fast as eight clients ask. `lifecycle`: web and
worker, at a rate that they hold, until the last webhook is in. Each is run several times, with and
without in turn; the price is that of the medians. A collector takes the traces; its time does not
count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
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

WITHOUT = {"LOG_LEVEL": "INFO", "LOG_FORMAT": "line"}
WARM_S = 4.0


def run() -> bool:
    prices = {}
    with _collector() as collector:
        telling = {**WITHOUT, "LOG_FORMAT": "json", "OTEL_EXPORTER_OTLP_ENDPOINT": collector}
        for name, names, measure in (
            ("create", ["web"], _create),
            ("lifecycle", ["web", "worker"], _lifecycle),
        ):
            costs: dict[bool, list[float]] = {False: [], True: []}
            running = ["web"] if name == "create" else []
            with Platform(approve_after_s=0.05, processes=running) as platform:
                for number in range(2 * ROUNDS):
                    # In turn, and not always the same first: what drifts is in both.
                    is_told = number % 4 in (1, 2)
                    for process in names:
                        platform.stack.restart(process, telling if is_told else WITHOUT)
                    cost = measure(platform)
                    if cost is None:
                        return False
                    costs[is_told].append(cost)
                    say(
                        f"{name} {'with' if is_told else 'without'}: {cost:.2f} ms of CPU a payment"
                    )
            without, with_it = median(costs[False]), median(costs[True])
            prices[name] = 100 * (with_it / without - 1)
            say(f"{name}: {without:.2f} ms without, {with_it:.2f} ms with, {prices[name]:+.1f} %")
        with urllib.request.urlopen(collector, timeout=5) as answer:
            traced = int(answer.read())
    result(
        "telemetry",
        value=max(prices.values()),
        unit="percent",
        floor=GOAL_PERCENT,
        create_percent=prices["create"],
        lifecycle_percent=prices["lifecycle"],
        rounds=ROUNDS,
        traced_bytes=traced,
    )
    return traced > 0


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
