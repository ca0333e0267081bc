"""GnuPG, each time in a home of its own that is gone afterwards: no key of this machine has a say,
no server is asked for keys, nothing is left running."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote

from apps.statement_sources.transports.spool import spool

# Of all that is asked of it in one home. A file of a gigabyte takes some ten seconds.
HOME_S_MAX = 300
# Then whoever made it has died.
LEFT_S = 2 * HOME_S_MAX
ANSWER_S_MAX = 30
MEMORY_BYTES_MAX = 1 << 30
STATUS_BYTES_MAX = 1 << 16
CHUNK_BYTES = 1 << 16
PREFIX = "lomi-pgp-"
# In memory, where there is such a place: what is never on a disk needs no wiping.
MEMORY_DIR = Path("/dev/shm")  # noqa: S108 (a folder of 0700 within it)
OPTIONS = (
    "--batch", "--no-tty", "--no-options", "--quiet", "--no-autostart", "--trust-model", "always",
    "--no-auto-key-retrieve", "--no-auto-key-locate", "--disable-dirmngr",
    "--no-auto-check-trustdb",
    "--pinentry-mode", "error", "--weak-digest", "SHA1", "--weak-digest", "MD5",
)  # fmt: skip


class PgpUnavailable(Exception):
    """GnuPG is not installed, does not start, or was ended before it had done its work."""


class PgpTimedOut(Exception):
    """It took longer than HOME_S_MAX: the file, or this machine, is at its end."""


class OutputTooLarge(Exception):
    """It wrote more than it might."""


class Status:
    """What GnuPG says for programs (--status-fd), and whether it ended well."""

    def __init__(self, text: str, return_code: int) -> None:
        begin = "[GNUPG:] "
        lines = [line for line in text.split("\n") if line.startswith(begin)]
        self.lines = [line.removeprefix(begin).split(" ") for line in lines]
        self.is_well = return_code == 0

    def all(self, *words: str) -> list[list[str]]:
        """The lines that begin with one of these words, in order."""
        return [line for line in self.lines if line[0] in words]

    def has(self, *words: str) -> bool:
        return bool(self.all(*words))


class Home:
    """A GNUPGHOME that goes by a time of ours."""

    def __init__(self, path: Path, program: str, at: datetime) -> None:
        self.path = path
        self._program = program
        self._deadline = time.monotonic() + HOME_S_MAX
        self._agent: int | None = None
        self._socket_dir: Path | None = None
        self._time = ("--faked-system-time", f"{at.astimezone(UTC):%Y%m%dT%H%M%S}!")

    def run(
        self,
        *arguments: str,
        given: BinaryIO | bytes = b"",
        target: BinaryIO | None = None,
        size_max: int = CHUNK_BYTES,
    ) -> Status:
        """Have it do one thing.

        Args:
            given: its input; a file is one without a buffer, and is read from its beginning.
            target: where its output goes, `size_max` bytes at most.

        Raises PgpUnavailable, PgpTimedOut, OutputTooLarge.
        """
        if isinstance(given, bytes):
            with spool(within=self.path) as file:
                file.write(given)
                return self.run(*arguments, given=file, target=target, size_max=size_max)
        given.seek(0)
        read_end, write_end = os.pipe()
        with os.fdopen(read_end, "rb") as statuses:
            try:
                process = subprocess.Popen(  # noqa: S603 (a fixed program, no words of a file)
                    [
                        self._program, "--homedir", str(self.path), *OPTIONS, *self._time,
                        "--status-fd", str(write_end), *arguments,
                    ],
                    stdin=given.fileno(),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[write_end],
                    env=self.environment,
                    cwd=self.path,
                )  # fmt: skip
            except OSError as error:
                raise PgpUnavailable(type(error).__name__) from error
            finally:
                os.close(write_end)
            return self._follow(process, statuses, target, size_max)

    @property
    def environment(self) -> dict[str, str]:
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "HOME": str(self.path), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _follow(
        self,
        process: subprocess.Popen[bytes],
        statuses: BinaryIO,
        target: BinaryIO | None,
        size_max: int,
    ) -> Status:
        told = bytearray()

        def listen() -> None:
            while chunk := statuses.read1(CHUNK_BYTES):  # type: ignore[attr-defined]
                told.extend(chunk[: max(0, STATUS_BYTES_MAX - len(told))])

        left = self._deadline - time.monotonic()
        _bound(process.pid)
        listener = threading.Thread(target=listen, name="gnupg", daemon=True)
        timer = threading.Timer(max(left, 0), process.kill)
        listener.start()
        timer.start()
        written, output = 0, cast(BinaryIO, process.stdout)
        try:
            while chunk := output.read(CHUNK_BYTES):
                written += len(chunk)
                if written > size_max:
                    raise OutputTooLarge
                if target is not None:
                    target.write(chunk)
            process.wait()
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            listener.join(5)
            output.close()
        if time.monotonic() > self._deadline:
            raise PgpTimedOut
        if process.returncode < 0:
            # What it had said until then says nothing of what it was given.
            raise PgpUnavailable(f"signal {-process.returncode}")
        is_whole = len(told) < STATUS_BYTES_MAX
        text = told.decode("utf-8", "replace")
        return Status(text, process.returncode if is_whole else 1)

    def start_agent(self) -> None:
        """What private keys are kept by: a child of this process, which ends with the home.

        As a daemon it would leave us at once, and nobody could end it or wait for its end. Whoever
        gives it the socket on which it listens has it stay.
        """
        told = subprocess.run(  # noqa: S603
            [_found("gpgconf"), "--homedir", str(self.path), "--list-dirs", "agent-socket"],
            check=False,
            capture_output=True,
            env=self.environment,
            timeout=ANSWER_S_MAX,
        )
        place = Path(unquote(told.stdout.decode().strip()))
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(place))
            self._socket_dir = place.parent
            listening.listen()
            nothing = (
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                *((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)),
            )
            program = _found("gpg-agent")
            # It takes the file of this number for the socket that it was given.
            as_the_third = (os.POSIX_SPAWN_DUP2, listening.fileno(), 3)
            self._agent = os.posix_spawn(
                program,
                [
                    *(program, "--homedir", str(self.path), "--no-options", *self._time),
                    *("--supervised", "--disable-scdaemon"),
                ],
                {**self.environment, "LISTEN_FDS": "1"},
                file_actions=[*nothing, as_the_third],
            )
        _bound(self._agent)

    def close(self) -> None:
        """End its agent, and remove all of it."""
        if self._agent is not None:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._agent, signal.SIGKILL)
                os.waitpid(self._agent, 0)
        shutil.rmtree(self.path, ignore_errors=True)
        if self._socket_dir is not None and self._socket_dir.name.startswith("d."):
            # Of a user who is logged in, GnuPG puts sockets elsewhere.
            shutil.rmtree(self._socket_dir, ignore_errors=True)


@contextmanager
def gnupg_home(*, at: datetime, has_secrets: bool = False) -> Iterator[Home]:
    """A home that lasts as long as the block.

    Args:
        at: the time it goes by.
        has_secrets: private keys are made or used in it.

    Raises PgpUnavailable, PgpTimedOut.
    """
    place = MEMORY_DIR if os.access(MEMORY_DIR, os.W_OK) else Path(tempfile.gettempdir())
    program = _found("gpg")
    path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))
    home = Home(path, program, at)
    try:
        _remove_left(place, made_at=path.stat().st_mtime)
        if has_secrets:
            try:
                home.start_agent()
            except (OSError, subprocess.TimeoutExpired) as error:
                raise PgpUnavailable("gpg-agent") from error
        yield home
    finally:
        home.close()


def _found(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise PgpUnavailable(name)
    return program


def _bound(pid: int) -> None:
    """It gets no more memory and time than this, whatever a file makes of it.

    It keeps itself from dumping its memory, and ends at once where that bound is changed meanwhile:
    that one is not ours to set.
    """
    limits: Sequence[tuple[int, int]] = (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, HOME_S_MAX),
    )
    for what, most in limits:
        # It may have ended; elsewhere than on Linux there is no such call.
        with suppress(OSError, AttributeError, ValueError):
            resource.prlimit(pid, what, (most, most))


def _remove_left(place: Path, *, made_at: float) -> None:
    """What a process of ours left that died: our user's, and older than anything may take before
    the one that was `made_at` this moment (in another container a process's number means nothing).
    """
    for path in place.glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            found = path.lstat()
            is_old = made_at - found.st_mtime > LEFT_S
            if is_old and found.st_uid == os.getuid() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
