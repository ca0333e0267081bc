"""A small supervisor: starts named programs, waits until each is ready, ends them all.

Every program has a process group of its own and a log, var/log/<name>.log. None outlives us: see
local/guardian.py.
"""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from local import ports
from local.guardian import guardian
from local.keys import PRIVATE_UMASK, open_private

# On a machine that has much else to do.
READY_TIMEOUT_S = 120.0
TICK_S = 0.1
# A program that dies is started again after 1, 2, 4 ... seconds; one that had run for a while
# after 1.
RESTART_DELAY_S_MAX = 30.0
STEADY_AFTER_S = 60.0
LOG_BYTES_MAX = 20_000_000
INSTANCE_HEADER = "Lomi-Instance"
CONNECTIONS_TRIED = 8


class ProcessFailed(Exception):
    """A program did not become ready; the message holds the end of its log."""


@dataclass(frozen=True)
class HttpAnswers:
    """Ready when a GET is answered, whatever the answer.

    With `instance_id`, each answer must bear it in the header Lomi-Instance. Another server may
    share the port, and the system deals connections out to both: so several are tried.
    """

    port: int
    path: str = "/"
    instance_id: str = ""

    def is_met(self, log: str) -> bool:
        return all(self._is_answered() for _ in range(CONNECTIONS_TRIED if self.instance_id else 1))

    def _is_answered(self) -> bool:
        connection = http.client.HTTPConnection(ports.HOST, self.port, timeout=5)
        try:
            connection.request("GET", self.path)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return not self.instance_id or answer.headers.get(INSTANCE_HEADER) == self.instance_id


@dataclass(frozen=True)
class PortAccepts:
    """Ready when the port accepts a connection."""

    port: int

    def is_met(self, log: str) -> bool:
        return ports.accepts_connections(self.port)


@dataclass(frozen=True)
class LogSays:
    """Ready when the log, since this start, matches a regular expression."""

    pattern: str

    def is_met(self, log: str) -> bool:
        return re.search(self.pattern, log) is not None


Ready = HttpAnswers | PortAccepts | LogSays


@dataclass(frozen=True)
class Program:
    """What to run, and how to know that it is ready; without `ready` it is so at once."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    ready: Ready | None = None
    stop_timeout_s: float = 10.0


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    log: Path
    log_start: int
    started_at: float
    is_buried: bool = False

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def output(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")


class Supervisor:
    """The programs we started, in the order in which we did."""

    def __init__(self, log_folder: Path) -> None:
        self._log_folder = log_folder
        self._children: dict[str, _Child] = {}
        # Killed or stopped by us: serve() leaves those alone.
        self._laid_down: set[str] = set()

    def start(self, *programs: Program) -> None:
        """Start them all at once, then wait until each is ready.

        Raises:
            ProcessFailed: one died or was not ready in time.
        """
        for program in programs:
            if not self.is_running(program.name):
                self._launch(program)
        for program in programs:
            self._wait_until_ready(self._children[program.name])

    def is_running(self, name: str) -> bool:
        return name in self._children and self._children[name].is_running

    def pid(self, name: str) -> int:
        return self._children[name].process.pid

    def log(self, name: str) -> Path:
        return self._log_folder / f"{name}.log"

    def output(self, name: str) -> str:
        """What the program wrote since it was last started."""
        return self._children[name].output()

    def kill(self, name: str) -> None:
        """End the program and its own children with SIGKILL, as a crash would; it stays down."""
        self._end(name, signal.SIGKILL)

    def stop(self, name: str) -> None:
        """End the program in good order; it stays down. Nothing happens if it does not run."""
        self._end(name, signal.SIGTERM)

    def wait_until_dead(self, name: str, timeout_s: float) -> int:
        """Wait until the program ends by itself; return its exit code, negative for a signal.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        child = self._children[name]
        child.process.wait(timeout_s)
        self._laid_down.add(name)
        self._bury(child)
        return int(child.process.returncode)

    def stop_all(self) -> None:
        """End them, the last started first: each TERM, a while to finish, then KILL."""
        for name in reversed(list(self._children)):
            self.stop(name)

    def serve(self, say: Callable[[str], None], is_over: threading.Event | None = None) -> None:
        """Start again whatever dies by itself, and say so, until interrupted or `is_over`."""
        failures: dict[str, int] = {}
        due: dict[str, float] = {}
        is_over = is_over or threading.Event()
        while not is_over.wait(TICK_S):
            now = time.monotonic()
            for name, child in list(self._children.items()):
                if child.is_running or name in self._laid_down:
                    continue
                if name not in due:
                    self._bury(child)
                    is_steady = now - child.started_at > STEADY_AFTER_S
                    failures[name] = 1 if is_steady else failures.get(name, 0) + 1
                    delay_s = min(RESTART_DELAY_S_MAX, 2.0 ** (failures[name] - 1))
                    due[name] = now + delay_s
                    how = _ending(child.process.returncode)
                    say(f"{name} {how}; starting it again in {delay_s:.0f} s (see {child.log})")
                elif due[name] <= now:
                    del due[name]
                    self._launch(child.program)
                    say(f"{name} started again")

    def _launch(self, program: Program) -> None:
        path = self.log(program.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.replace(path.with_suffix(".log.1"))
        with open_private(path) as log:
            log_start = log.tell()
            process = subprocess.Popen(
                program.argv,
                # What it writes, too, is for its owner alone.
                umask=PRIVATE_UMASK,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=program.folder,
                env=dict(program.environment),
                # Its own group, so that one signal reaches its children too, and Ctrl-C, which
                # the terminal sends to ours, does not end everything in disorder.
                start_new_session=True,
            )
        guardian.watch(process.pid, signal.SIGTERM)
        child = _Child(program, process, path, log_start, started_at=time.monotonic())
        # At the end, also when it was there: stop_all ends the last started first.
        self._children.pop(program.name, None)
        self._children[program.name] = child
        self._laid_down.discard(program.name)

    def _wait_until_ready(self, child: _Child) -> None:
        ready = child.program.ready
        deadline = time.monotonic() + READY_TIMEOUT_S
        while ready is not None and not ready.is_met(child.output()):
            if not child.is_running:
                raise ProcessFailed(_failure(child, _ending(child.process.returncode)))
            if time.monotonic() > deadline:
                raise ProcessFailed(_failure(child, f"was not ready in {READY_TIMEOUT_S:.0f} s"))
            time.sleep(TICK_S / 2)
        if ready is not None and not child.is_running:
            # Somebody else answered in its place.
            raise ProcessFailed(_failure(child, _ending(child.process.returncode)))

    def _end(self, name: str, how: signal.Signals) -> None:
        child = self._children.get(name)
        if child is None:
            return
        self._laid_down.add(name)
        if child.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, how)
            # One that does not end in time is ended with the rest of its group below.
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(child.program.stop_timeout_s)
        self._bury(child)

    def _bury(self, child: _Child) -> None:
        if child.is_buried:
            # By now its number may be somebody else's.
            return
        child.is_buried = True
        # Its own children, should it have died before them.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
        guardian.release(child.process.pid)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal all raise KeyboardInterrupt, once.

    Later ones are ignored: a second Ctrl-C must not leave half of the processes running.
    """
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"stopped with exit code {code}"


def _failure(child: _Child, what: str) -> str:
    lines = child.output().splitlines()[-15:]
    return "\n  ".join([f"{child.program.name} {what}. The end of {child.log}:", *lines])
