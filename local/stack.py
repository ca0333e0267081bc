"""The whole platform on one machine: servers, web, realtime, worker, beat, simulators.

    with Stack(var) as stack:      # servers started or found, addresses and secrets settled
        stack.manage("migrate")
        stack.start()              # returns when every process answers
        ...
        stack.kill("worker")       # as a crash would
        stack.restart("worker")

Tests use the same class with another folder, settings module and environment.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from local import ports
from local.keys import GENERATORS, load_keys, write_private
from local.processes import HttpAnswers, LogSays, Program, Supervisor
from local.servers import Servers, locate_servers

ROOT = Path(__file__).resolve().parent.parent

# In the order of their start; the end is the other way round.
NAMES = ("simulators", "web", "realtime", "worker", "beat")

QUEUES = "submit,callbacks,webhooks,poll,files,default"
WEB_PORT = 8000
REALTIME_PORT = 8060
SIMULATOR_PORT = 8090
CONTROL_PORT = 8091
SFTP_PORT = 8092


class StackError(Exception):
    """What is wrong and what to do about it, for the person at the keyboard."""


@dataclass(frozen=True)
class Urls:
    """Where to find what. No slash at the end."""

    web: str
    realtime: str
    simulators: str
    # Answers to SIMULATOR_CONTROL_TOKEN only.
    control: str


# What manage.py needs in a terminal beside us: `. var/manage.env`.
FOR_MANAGE = (
    *GENERATORS,
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "DJANGO_SETTINGS_MODULE",
    "PUBLIC_URL",
    "REALTIME_URL",
    "SIMULATOR_URL",
    "SIMULATOR_SFTP",
    "STATEMENT_DROP_IN_DIR",
    "EMAIL_FILE_PATH",
)


@dataclass
class Stack:
    """The platform's processes over one data folder.

    Args:
        var: all data, logs and secrets go below it.
        environ_extra: for the processes, over our own environment. DATABASE_URL and REDIS_URL, here
            or there, name servers to use instead of starting some; DATABASE_OWNER_URL is for
            manage() alone.
        web_port: None takes PORT, or else the first free one from 8000.
        realtime_port: None takes the first free one from 8060.
        simulator_port: None takes the first free one from 8090.
        control_port: the simulators' own; None takes the first free one from 8091.
        sftp_port: where their reports are fetched; None takes the first free one from 8092.
        is_durable: False for tests only: commits of our own PostgreSQL are not forced to the disk.
    """

    var: Path
    settings_module: str = "config.settings.development"
    environ_extra: Mapping[str, str] = field(default_factory=dict)
    web_port: int | None = None
    realtime_port: int | None = None
    simulator_port: int | None = None
    control_port: int | None = None
    sftp_port: int | None = None
    is_durable: bool = True

    servers: Servers = field(init=False)
    urls: Urls = field(init=False)
    # Every answer of ours bears it, so that a stranger's on our port is not taken for ours.
    instance_id: str = field(init=False)
    environment: dict[str, str] = field(init=False, repr=False)
    supervisor: Supervisor = field(init=False, repr=False)
    _programs: dict[str, Program] = field(init=False, repr=False)
    _lock: TextIO | None = field(default=None, init=False, repr=False)
    _ports: list[int] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self.var = self.var.resolve()
        self.instance_id = secrets.token_hex(8)
        self.supervisor = Supervisor(self.var / "log")

    def __enter__(self) -> "Stack":
        self.prepare()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def prepare(self) -> None:
        """Start or find the servers; settle addresses and secrets. No process starts yet.

        Raises:
            StackError: the data folder is in use, or the port asked for is.
            ServerError: PostgreSQL or Valkey does not start.
        """
        self.var.mkdir(parents=True, exist_ok=True)
        self._take_folder()
        try:
            environ = {**os.environ, **self.environ_extra}
            # Each program sets its own.
            environ.pop("DATABASE_DOOR", None)
            self._choose_ports(environ)
            self.servers = locate_servers(self.var, environ, is_durable=self.is_durable)
        except BaseException:
            self._release_ports()
            self._leave_folder()
            raise
        self.urls = Urls(
            web=f"http://{ports.HOST}:{self.web_port}",
            realtime=f"http://{ports.HOST}:{self.realtime_port}",
            simulators=f"http://{ports.HOST}:{self.simulator_port}",
            control=f"http://{ports.HOST}:{self.control_port}/control",
        )
        self.environment = {
            **environ,
            **load_keys(self.var, environ),
            "DATABASE_URL": self.servers.database_url,
            # For manage() alone: no process may own what it works with.
            "DATABASE_OWNER_URL": self.servers.database_owner_url,
            "REDIS_URL": self.servers.redis_url,
            "DJANGO_SETTINGS_MODULE": self.settings_module,
            "INSTANCE_ID": self.instance_id,
            "PUBLIC_URL": environ.get("PUBLIC_URL") or self.urls.web,
            "REALTIME_URL": environ.get("REALTIME_URL") or self.urls.realtime,
            "SIMULATOR_URL": environ.get("SIMULATOR_URL") or self.urls.simulators,
            "SIMULATOR_SFTP": environ.get("SIMULATOR_SFTP") or f"{ports.HOST}:{self.sftp_port}",
            "STATEMENT_DROP_IN_DIR": environ.get("STATEMENT_DROP_IN_DIR")
            or str(self.var / "statements"),
            "EMAIL_FILE_PATH": environ.get("EMAIL_FILE_PATH") or str(self.var / "mail"),
            # What a process says is in its log at once, also when it is killed.
            "PYTHONUNBUFFERED": "1",
        }
        told = {name: self.environment[name] for name in FOR_MANAGE if name in self.environment}
        write_private(
            self.var / "manage.env",
            "".join(f"export {name}={shlex.quote(value)}\n" for name, value in told.items()),
        )
        self._programs = {
            program.name: program
            for program in (
                self._simulators(),
                self._web(),
                self._realtime(),
                self._worker(),
                self._beat(),
            )
        }

    def start(self, *names: str) -> None:
        """Start the named processes, or all; returns when each answers.

        Raises:
            ProcessFailed: one died or was not ready in time.
        """
        self.supervisor.start(*(self._programs[name] for name in names or NAMES))

    def kill(self, name: str) -> None:
        """End a process and its children with SIGKILL; it stays down until restart."""
        self.supervisor.kill(name)

    def restart(self, name: str, environ_extra: Mapping[str, str] | None = None) -> None:
        """Start a process again (ending it first, if it runs); returns when it answers.

        Args:
            environ_extra: for this run of it only, such as the point where it is to fail.
        """
        program = self._programs[name]
        environment = {**program.environment, **(environ_extra or {})}
        self.supervisor.stop(name)
        self.supervisor.start(replace(program, environment=environment))

    def wait_until_dead(self, name: str, timeout_s: float = 30.0) -> int:
        """Wait until a process ends by itself; return its exit code, negative for a signal."""
        return self.supervisor.wait_until_dead(name, timeout_s)

    def log(self, name: str) -> Path:
        return self.supervisor.log(name)

    def control(self, path: str, body: Mapping[str, Any] | None = None, *, method: str = "") -> Any:
        """A call of the simulators' control door, e.g. "books/mtn_momo"; its JSON, None if empty.

        Raises:
            urllib.error.HTTPError: it was refused.
        """
        request = urllib.request.Request(  # noqa: S310
            f"{self.urls.control}/{path}",
            None if body is None else json.dumps(body).encode(),
            {
                "Authorization": f"Bearer {self.environment['SIMULATOR_CONTROL_TOKEN']}",
                "Content-Type": "application/json",
            },
            method=method or ("GET" if body is None else "POST"),
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            said = answer.read()
        return json.loads(said) if said else None

    def manage(self, *arguments: str, timeout_s: float = 600.0) -> str:
        """Run `manage.py` with the environment of the processes; return what it printed.

        Raises:
            StackError: it failed; the message holds what it said.
        """
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()
            raise StackError(f"manage.py {arguments[0]} failed:\n{said}")
        return done.stdout

    def serve(self, say: Callable[[str], None]) -> None:
        """Stay until interrupted, starting again whatever dies."""
        self.supervisor.serve(say)

    def stop(self) -> None:
        """End every process, then the servers that we started; nothing happens the second time."""
        self.supervisor.stop_all()
        if hasattr(self, "servers"):
            self.servers.stop()
        self._release_ports()
        self._leave_folder()

    # The processes, as data.

    def _web(self) -> Program:
        granian = [
            *(sys.executable, "-m", "granian", "config.wsgi:application"),
            *("--interface", "wsgi", "--http", "1", "--no-ws"),
            *("--host", ports.HOST, "--port", str(self.web_port)),
            *("--workers", "2", "--blocking-threads", "4", "--backlog", "1024"),
            *("--no-access-log", "--respawn-failed-workers", "--respawn-interval", "1"),
            # A request that does not end must not keep the others from a restart.
            *("--workers-kill-timeout", "8"),
        ]
        return self._program("web", granian, self._answers(self.web_port, "/health"))

    def _realtime(self) -> Program:
        granian = [
            *(sys.executable, "-m", "granian", "config.asgi:application"),
            *("--interface", "asgi", "--http", "1", "--ws"),
            *("--host", ports.HOST, "--port", str(self.realtime_port)),
            # Each open stream counts as a request that is being served.
            *("--workers", "1", "--backlog", "4096", "--backpressure", "20000"),
            *("--no-access-log", "--respawn-failed-workers", "--respawn-interval", "1"),
            *("--workers-kill-timeout", "8"),
        ]
        return self._program("realtime", granian, self._answers(self.realtime_port, "/health"))

    def _worker(self) -> Program:
        celery = [
            *(sys.executable, "-m", "celery", "-A", "config", "worker"),
            # Threads for what beat starts; loops have their own.
            *("--pool", "threads", "--concurrency", "10", "--queues", QUEUES),
            # Chatter between workers, which nothing of ours reads.
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--loglevel", "INFO"),
        ]
        # The line "celery@… ready." is written at INFO.
        program = self._program("worker", celery, LogSays(r"celery@\S+ ready"))
        environment = {**program.environment, "LOG_LEVEL": _at_least_info(self.environment)}
        return replace(program, environment=environment)

    def _beat(self) -> Program:
        schedule = self.var / "beat" / "schedule"
        schedule.parent.mkdir(exist_ok=True)
        celery = [
            *(sys.executable, "-m", "celery", "-A", "config", "beat"),
            *("--schedule", str(schedule), "--loglevel", "INFO"),
        ]
        return self._program("beat", celery, LogSays(r"celery beat .* is starting"))

    def _simulators(self) -> Program:
        data = self.var / "simulators"
        data.mkdir(exist_ok=True)
        command = [
            *(sys.executable, str(ROOT / "manage.py"), "run_simulators"),
            *("--host", ports.HOST, "--port", str(self.simulator_port), "--data-dir", str(data)),
            *("--control-port", str(self.control_port), "--sftp-port", str(self.sftp_port)),
        ]
        ready = self._answers(self.simulator_port, "/health")
        return self._program("simulators", command, ready)

    def _answers(self, port: int | None, path: str) -> HttpAnswers:
        return HttpAnswers(_known(port), path, self.instance_id)

    def _program(self, name: str, argv: list[str], ready: HttpAnswers | LogSays) -> Program:
        environment = {**self.environment}
        del environment["DATABASE_OWNER_URL"]
        return Program(name, argv, environment, ROOT, ready)

    def _choose_ports(self, environ: Mapping[str, str]) -> None:
        """Ours from here on: another stack that starts in this moment chooses others."""
        # What the caller chose is settled, and may be the caller's already.
        for port in (
            self.web_port,
            self.realtime_port,
            self.simulator_port,
            self.control_port,
            self.sftp_port,
        ):
            if port is not None and not ports.hold(port):
                raise _taken(port)
        self.web_port = self.web_port or _web_port(environ.get("PORT", ""))
        self.realtime_port = self.realtime_port or ports.first_free_port(REALTIME_PORT)
        self.simulator_port = self.simulator_port or ports.first_free_port(SIMULATOR_PORT)
        self.control_port = self.control_port or ports.first_free_port(CONTROL_PORT)
        self.sftp_port = self.sftp_port or ports.first_free_port(SFTP_PORT)
        self._ports = [
            self.web_port,
            self.realtime_port,
            self.simulator_port,
            self.control_port,
            self.sftp_port,
        ]

    def _release_ports(self) -> None:
        while self._ports:
            ports.release(self._ports.pop())

    def _take_folder(self) -> None:
        """Two stacks over one folder would stop each other's servers."""
        path = self.var / "stack.lock"
        lock = path.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip()
            lock.close()
            raise StackError(
                f"The platform already runs over {self.var} ({owner}). Stop that one first."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _leave_folder(self) -> None:
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._lock.truncate(0)
            self._lock.close()
            self._lock = None


def _web_port(asked: str) -> int:
    if not asked:
        return ports.first_free_port(WEB_PORT)
    if not asked.isdigit():
        raise StackError(f"PORT is {asked!r}; it should be a number such as {WEB_PORT}.")
    if not ports.take(int(asked)):
        raise _taken(int(asked))
    return int(asked)


def _taken(port: int) -> StackError:
    return StackError(f"Port {port} was asked for, but another program listens on it.")


def _known(port: int | None) -> int:
    if port is None:
        raise StackError("prepare() comes first: no port has been chosen.")
    return port


def _at_least_info(environment: Mapping[str, str]) -> str:
    level = environment.get("LOG_LEVEL", "INFO").upper()
    return level if level in {"DEBUG", "INFO"} else "INFO"
