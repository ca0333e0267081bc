import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import ports
from local.processes import (
    HttpAnswers,
    LogSays,
    PortAccepts,
    ProcessFailed,
    Program,
    Ready,
    Supervisor,
)
from local.servers import ROOT

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
# With a child of its own, as a web server has workers; both numbers are told.
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("family", os.getpid(), child.pid, flush=True)
time.sleep(60)
"""


def program(name: str, code: str, ready: Ready | None = None, **more) -> Program:
    argv = [sys.executable, "-c", code]
    return Program(name, argv, dict(os.environ), ROOT, ready, **more)


@pytest.fixture
def supervisor(empty_folder) -> Iterator[Supervisor]:
    supervisor = Supervisor(empty_folder / "log")
    yield supervisor
    supervisor.stop_all()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def family_of(output: str) -> list[int]:
    line = next(line for line in output.splitlines() if line.startswith("family"))
    return [int(number) for number in line.split()[1:]]


@pytest.mark.parametrize("ready_when", ["http answers", "port accepts", "log says"])
def test_start_returns_when_the_program_is_ready(supervisor, ready_when):
    port = ports.choose_port()
    ready: Ready = {
        "http answers": HttpAnswers(port),
        "port accepts": PortAccepts(port),
        "log says": LogSays(r"Serving HTTP on"),
    }[ready_when]
    argv = [sys.executable, "-u", "-m", "http.server", str(port), "--bind", ports.HOST]

    supervisor.start(Program("server", argv, dict(os.environ), ROOT, ready))

    assert ready.is_met(supervisor.output("server"))


ANSWER_AS = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Lomi-Instance", sys.argv[2])
        self.end_headers()

class Shared(HTTPServer):
    allow_reuse_port = True

Shared(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_stranger_on_the_port_is_not_taken_for_ours(supervisor):
    """Nor one that shares it with ours, which the kernel allows to servers that bind shareably."""
    port = ports.choose_port()
    argv = [sys.executable, "-c", ANSWER_AS, str(port)]
    supervisor.start(Program("web", [*argv, "ours"], dict(os.environ), ROOT, PortAccepts(port)))
    ours = HttpAnswers(port, instance_id="ours")
    assert ours.is_met("")

    for _ in range(3):
        stranger = Program(f"web {_}", [*argv, "a stranger's"], dict(os.environ), ROOT)
        supervisor.start(stranger)
    strangers = HttpAnswers(port, instance_id="a stranger's")
    wait_until(lambda: not ours.is_met("") and not strangers.is_met(""))
    supervisor.stop("web")

    wait_until(lambda: strangers.is_met(""))
    assert not ours.is_met("")


def test_a_program_that_dies_at_its_start_is_reported_with_its_last_words(supervisor):
    dying = program("worker", "raise SystemExit('no such queue')", LogSays("ready"))

    with pytest.raises(ProcessFailed, match=r"(?s)worker stopped with exit code 1.*no such queue"):
        supervisor.start(dying)


def test_readiness_of_an_earlier_run_does_not_count(supervisor):
    supervisor.start(program("worker", SLEEP, LogSays("up")))
    supervisor.kill("worker")

    with pytest.raises(ProcessFailed):
        supervisor.start(program("worker", "raise SystemExit(1)", LogSays("up")))


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_program_is_ended_with_its_children(supervisor, how):
    supervisor.start(program("web", FAMILY, LogSays("family")))
    family = family_of(supervisor.output("web"))
    assert all(is_alive(pid) for pid in family)

    getattr(supervisor, how)("web")

    wait_until(lambda: not any(is_alive(pid) for pid in family))
    assert not supervisor.is_running("web")


def test_one_that_will_not_stop_is_killed(supervisor):
    stubborn = "import signal; signal.signal(15, signal.SIG_IGN)\n" + SLEEP
    supervisor.start(program("worker", stubborn, LogSays("up"), stop_timeout_s=0.3))

    supervisor.stop_all()

    assert not supervisor.is_running("worker")


def test_it_is_told_with_what_code_a_program_ended(supervisor):
    supervisor.start(program("worker", "import os; os.kill(os.getpid(), 9)"))

    assert supervisor.wait_until_dead("worker", timeout_s=10) == -signal.SIGKILL


def test_while_serving_what_dies_is_started_again_and_what_we_killed_is_not(supervisor):
    said: list[str] = []
    supervisor.start(program("worker", SLEEP, LogSays("up")))
    supervisor.start(program("beat", SLEEP, LogSays("up")))
    supervisor.kill("beat")
    first = supervisor.pid("worker")
    os.kill(first, signal.SIGKILL)

    def say(line: str) -> None:
        said.append(line)
        if "started again" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        supervisor.serve(say)

    assert supervisor.is_running("worker")
    assert supervisor.pid("worker") != first
    assert said[0].startswith("worker was ended by SIGKILL; starting it again in 1 s")
    assert not supervisor.is_running("beat")


SUPERVISE = """
import sys, threading
from pathlib import Path
from local.processes import LogSays, Program, Supervisor, interruptible
import os
supervisor = Supervisor(Path(sys.argv[1]))
try:
    with interruptible():
        supervisor.start(Program("web", [sys.executable, "-c", sys.argv[2]], dict(os.environ),
                                 Path.cwd(), LogSays("family")))
        print(supervisor.output("web"), flush=True)
        supervisor.serve(print)
except KeyboardInterrupt:
    pass
finally:
    supervisor.stop_all()
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_the_supervisor_ends_nothing_is_left_running(empty_folder, how):
    supervising = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(empty_folder), textwrap.dedent(FAMILY)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervising.stdout is not None
    guard = threading.Timer(120, supervising.kill)
    guard.start()
    family = family_of(supervising.stdout.readline())
    assert all(is_alive(pid) for pid in family)

    supervising.send_signal(how)
    supervising.wait()

    guard.cancel()
    supervising.stdout.close()
    wait_until(lambda: not any(is_alive(pid) for pid in family))
