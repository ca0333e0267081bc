"""A server process over one data folder: started, found again, stopped and explained."""

import contextlib
import fcntl
import os
import pwd
import secrets
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from local import ports
from local.guardian import guardian
from local.keys import PRIVATE_UMASK, open_private, write_private

# What a starting server may say that is over a moment later: the processes of a killed PostgreSQL
# have not noticed it yet, one that is stopping is not gone yet, a port was taken just before us.
PASSING_TROUBLES = [
    b"shared memory block",
    b'lock file "postmaster.pid" already exists',
    b"ddress already in use",
]

# How long a server that is stopping may keep the port before we move to another.
PORT_PATIENCE_S = 5.0


class ServerError(Exception):
    """What is wrong and what to do about it, for the person at the keyboard."""


@dataclass(frozen=True)
class Account:
    """Another user, as whom a server of ours runs."""

    name: str
    uid: int
    gid: int


@dataclass
class Server(ABC):
    """A server process over one data folder.

    Args:
        data_dir: holds everything of this server; made if missing.
        log_file: where it writes; default data_dir/server.log.
        is_persistent: it goes on when we end. Otherwise it ends with us, even if we are killed.
    """

    data_dir: Path
    port: int | None = None
    log_file: Path | None = None
    is_persistent: bool = False
    started_here: bool = field(default=False, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    title: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    start_timeout_s: ClassVar[float] = 60.0
    stop_timeout_s: ClassVar[float] = 30.0

    def __post_init__(self) -> None:
        # PostgreSQL and Valkey answer with the real path when asked where they live.
        self.data_dir = Path(os.path.realpath(self.data_dir))

    # What the two servers do differently.

    @abstractmethod
    def prepare(self) -> None:
        """Make whatever the server needs before its first start."""

    @abstractmethod
    def command(self, port: int) -> Sequence[str]: ...

    @property
    @abstractmethod
    def url(self) -> str:
        """Where the platform finds it, password included."""

    @abstractmethod
    def running_pid(self) -> int | None:
        """The process that answers on our port, if it is the one over our data folder."""

    def account(self) -> Account | None:
        """As whom it runs; None is as ourselves."""
        return None

    # What they do alike.

    @property
    def is_running(self) -> bool:
        return self.running_pid() is not None

    @property
    def log(self) -> Path:
        return self.log_file or self.data_dir / "server.log"

    @property
    def password(self) -> str:
        return (self.data_dir / "password").read_text().strip()

    def settle(self) -> None:
        """Choose its port and password: from here on it has its URL, though it does not run."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not (self.data_dir / "password").exists():
            write_private(self.data_dir / "password", secrets.token_urlsafe(24) + "\n")
        self.chosen_port()

    def start(self) -> None:
        """Start it, or use the one that already runs over the same data.

        Returns when it answers. `started_here` says which of the two it was.

        Raises:
            ServerError: it does not start; the message holds the end of its log.
        """
        with explained_refusals(self.data_dir), self._starting_alone():
            if self.is_running:
                return
            self.settle()
            self.prepare()
            deadline = time.monotonic() + self.start_timeout_s
            while not self._start_once(deadline):
                if time.monotonic() > deadline:
                    raise ServerError(self._failure("did not start"))
                time.sleep(0.3)
            self.started_here = True

    def stop(self) -> None:
        """Stop it in good order, whoever started it; nothing happens if it does not run."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start, at the same URL."""
        self.stop()
        self.start()

    def chosen_port(self) -> int:
        """The port this server has, or will have at its next start."""
        if self.port is not None:
            return self.port
        remembered = self.data_dir / "port"
        if not remembered.exists():
            remembered.write_text(f"{ports.choose_port()}\n")
        return int(remembered.read_text())

    def _start_once(self, deadline: float) -> bool:
        """Start the process and wait for its answer; False means that another try may succeed."""
        port = self._free_port()
        account = self.account()
        identity: dict[str, Any] = {}
        if account is not None:
            identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open_private(self.log) as log:
            log_start = log.tell()
            self._process = subprocess.Popen(
                self.command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data_dir,
                umask=PRIVATE_UMASK,
                # Ctrl-C at the terminal is for us; we stop the server when nobody uses it.
                start_new_session=True,
                **identity,
            )
        if not self.is_persistent:
            guardian.watch(self._process.pid, self.stop_signal)
        try:
            while self._process.poll() is None:
                if self.is_running:
                    return True
                if time.monotonic() > deadline:
                    raise ServerError(self._failure("does not answer"))
                time.sleep(0.03)
        except BaseException:
            self._end_process(self._process, signal.SIGKILL)
            raise
        guardian.release(self._process.pid)
        said = self.log.read_bytes()[log_start:]
        if any(passing in said for passing in PASSING_TROUBLES):
            return False
        raise ServerError(self._failure("does not start"))

    def _free_port(self) -> int:
        port = self.chosen_port()
        deadline = time.monotonic() + PORT_PATIENCE_S
        while time.monotonic() < deadline:
            if ports.hold(port) and ports.is_free(port):
                return port
            time.sleep(0.1)
        if self.port is not None:
            raise ServerError(
                f"{self.title} was to listen on port {port}, but another program does."
            )
        (self.data_dir / "port").unlink()
        chosen = self.chosen_port()
        tell(f"note: another program took port {port}; {self.title} moves to {chosen}.")
        return chosen

    def _end(self, stop_signal: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._end_process(self._process, stop_signal)
        else:
            pid = self.running_pid()
            if pid is not None:
                os.kill(pid, stop_signal)
                if not _wait_until_gone(pid, self.stop_timeout_s):
                    os.kill(pid, signal.SIGKILL)
                    _wait_until_gone(pid, self.stop_timeout_s)
        self._process = None
        self.started_here = False

    def _end_process(self, process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
        process.send_signal(stop_signal)
        try:
            process.wait(self.stop_timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if not self.is_persistent:
            guardian.release(process.pid)

    @contextlib.contextmanager
    def _starting_alone(self) -> Iterator[None]:
        """Two who start the same server: the second waits, then finds it running."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with (self.data_dir / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _failure(self, what: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-8:]
        return "\n  ".join([f"{self.title} {what}. The end of {self.log}:", *lines])


@contextlib.contextmanager
def explained_refusals(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        refused = Path(error.filename or data_dir)
        owner = "another user"
        with contextlib.suppress(OSError):
            owner = _user_name(refused.stat().st_uid)
        raise ServerError(
            f"{refused} belongs to {owner} and you are {_user_name(os.geteuid())}. "
            "Run this as the same user, or remove that folder."
        ) from None


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _wait_until_gone(pid: int, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not _is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # In a container nobody may reap it: a zombie has ended, though its number is still taken.
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return True


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
