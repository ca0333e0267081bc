import os
import pwd
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from local import ports
from local.postgres import PostgresServer
from local.server import ServerError
from local.servers import ROOT, Servers, locate_servers
from local.valkey import ValkeyServer

pytestmark = pytest.mark.xdist_group("local servers")

# Longer than the 107 bytes that a socket's path may have.
LONG_NAME = "a long name with spaces " * 5


@pytest.fixture(scope="module")
def var(folder) -> Path:
    return folder / LONG_NAME.strip()


@pytest.fixture(scope="module")
def servers(var) -> Iterator[Servers]:
    servers = locate_servers(var, {}, is_durable=False)
    yield servers
    servers.stop()


@pytest.fixture
def no_patience(monkeypatch):
    """Who has a port keeps it: there is no server of ours that is about to leave it."""
    monkeypatch.setattr("local.server.PORT_PATIENCE_S", 0.1)


@pytest.fixture
def postgres(servers) -> PostgresServer:
    assert servers.postgres is not None
    return servers.postgres


@pytest.fixture
def valkey(servers) -> ValkeyServer:
    assert servers.valkey is not None
    return servers.valkey


def ask(url: str, query: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return str(row[0])


def test_they_start_under_a_long_path_with_spaces(servers):
    assert ask(servers.database_url, "SHOW server_version").startswith("18.")
    assert redis.Redis.from_url(servers.redis_url).ping()


def test_nobody_is_a_superuser_and_the_owner_alone_may_create_databases(servers):
    role = "SELECT rolsuper::text || ' ' || rolcreatedb FROM pg_roles WHERE rolname = current_user"

    assert ask(servers.database_url, role) == "false false"
    assert ask(servers.database_owner_url, role) == "false true"


def test_each_role_has_a_password_of_its_own(servers, postgres):
    urls = [servers.database_url, servers.database_owner_url, postgres.superuser_url]

    assert len({url.split(":")[2] for url in urls}) == 3
    for url in urls:
        ask(url, "SELECT 1")


def test_a_cluster_of_one_role_gets_the_other(postgres):
    with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
        connection.execute("DROP ROLE lomi_runtime")
        connection.execute("ALTER ROLE lomi SUPERUSER")

    postgres.restart()

    role = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    assert (ask(postgres.url, role), ask(postgres.owner_url, role)) == ("False", "False")


def test_a_wrong_password_is_refused(servers, postgres, valkey):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"{servers.database_url}?password=guess")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(servers.redis_url.replace(valkey.password, "guess")).ping()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(servers.redis_url.replace(f":{valkey.password}@", "")).ping()


def test_only_the_owner_can_read_the_passwords(postgres, valkey):
    secret_files = [
        *postgres.data_dir.glob("password*"),
        valkey.data_dir / "password",
        valkey.data_dir / "valkey.conf",
    ]

    assert {stat.S_IMODE(path.stat().st_mode) for path in secret_files} == {0o600}


def test_a_second_start_uses_the_running_servers_and_leaves_them_running(servers, var):
    again = locate_servers(var, {}, is_durable=False)
    again.stop()

    assert again.database_url == servers.database_url
    assert again.redis_url == servers.redis_url
    assert ask(servers.database_url, "SELECT 1") == "1"
    assert redis.Redis.from_url(servers.redis_url).ping()


def test_postgres_killed_and_started_again_has_its_url_and_its_data(postgres):
    url = postgres.owner_url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    postgres.kill()
    assert not postgres.is_running
    postgres.start()

    assert postgres.owner_url == url
    assert ask(url, "SELECT number FROM kept") == "7"


def test_valkey_killed_and_started_again_has_its_url_and_nothing_else(valkey):
    url = valkey.url
    redis.Redis.from_url(url).set("kept", "7")

    valkey.kill()
    assert not valkey.is_running
    valkey.start()

    assert valkey.url == url
    assert redis.Redis.from_url(url).get("kept") is None


def test_a_port_taken_meanwhile_is_left_to_its_owner_and_said(empty_folder, no_patience, capfd):
    valkey = ValkeyServer(empty_folder)
    remembered = valkey.chosen_port()

    with socket.create_server((ports.HOST, remembered)):
        valkey.start()
    try:
        assert valkey.is_running
        assert valkey.chosen_port() != remembered
        assert f"took port {remembered}" in capfd.readouterr().err
    finally:
        valkey.stop()


def test_a_port_that_was_asked_for_is_never_exchanged(empty_folder, no_patience):
    with socket.create_server((ports.HOST, 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(ServerError, match=f"port {port}, but another program"):
            ValkeyServer(empty_folder / "valkey", port=port).start()


def test_a_server_that_cannot_start_says_why(empty_folder):
    broken = ValkeyServer(empty_folder / "valkey")
    broken.prepare = lambda: (broken.data_dir / "valkey.conf").write_text("no-such-setting 1\n")

    with pytest.raises(ServerError, match="no-such-setting"):
        broken.start()

    assert not broken.is_running


def test_servers_named_in_the_environment_are_used_and_none_is_started(empty_folder):
    environ = {"DATABASE_URL": "postgresql://elsewhere/lomi", "REDIS_URL": "redis://elsewhere/0"}

    found = locate_servers(empty_folder, environ)

    assert (found.database_url, found.redis_url) == tuple(environ.values())
    assert list(empty_folder.iterdir()) == []


def test_the_database_is_never_run_by_root(postgres):
    pid = postgres.running_pid()
    assert pid is not None

    owner = subprocess.check_output(["ps", "-o", "uid=", "-p", str(pid)], text=True)

    assert int(owner) != 0


def accounts() -> list[str]:
    """Who can be tried here: root tries an ordinary user too, where one can reach our Python."""
    if os.geteuid() != 0:
        return ["ourselves"]
    try:
        subprocess.run(
            [sys.executable, "-c", "import local.servers"],
            user="nobody",
            extra_groups=[],
            cwd=ROOT,
            env={},
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ["ourselves"]
    return ["ourselves", "nobody"]


@pytest.mark.parametrize("account", accounts())
def test_the_command_line_starts_tells_and_stops(empty_folder, account):
    identity = {}
    if account != "ourselves":
        entry = pwd.getpwnam(account)
        identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        os.chown(empty_folder, entry.pw_uid, entry.pw_gid)
    empty_folder.chmod(0o700)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
    }

    def servers(verb: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "local.servers", verb, "--var", str(empty_folder)]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            **identity,
        )

    started, exported, stopped, asked = (
        servers(verb) for verb in ("start", "env", "stop", "status")
    )

    assert started.returncode == 0, started.stderr
    assert started.stdout.count("runs on 127.0.0.1:") == 2
    assert "export DATABASE_URL=postgresql://lomi_runtime:" in exported.stdout
    assert "export DATABASE_OWNER_URL=postgresql://lomi:" in exported.stdout
    assert stopped.stdout.count("is down") == 2
    assert asked.returncode == 3
