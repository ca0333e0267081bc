import socket
import subprocess

import pytest

from local import ports
from local.server import ServerError
from local.stack import NAMES, Stack, StackError

# Named, so that none is started.
ELSEWHERE = {"DATABASE_URL": "postgresql://elsewhere/lomi", "REDIS_URL": "redis://elsewhere/0"}


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("PORT", "PUBLIC_URL", "SIMULATOR_URL", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)


def test_the_processes_are_told_where_everything_is(empty_folder):
    with Stack(empty_folder, "config.settings.test", ELSEWHERE) as stack:
        environment = stack.environment

    assert environment["DJANGO_SETTINGS_MODULE"] == "config.settings.test"
    assert environment["DATABASE_URL"] == ELSEWHERE["DATABASE_URL"]
    assert environment["PUBLIC_URL"] == stack.urls.web
    assert environment["SIMULATOR_URL"] == stack.urls.simulators
    assert {"SECRET_KEY", "VAULT_KEYS", "VAULT_INDEX_KEY"} <= environment.keys()
    assert set(stack._programs) == set(NAMES)


def test_a_terminal_beside_it_gets_what_manage_py_needs_and_nobody_else_does(empty_folder):
    with Stack(empty_folder, "config.settings.test", ELSEWHERE) as stack:
        file = stack.var / "manage.env"
        shell = ["sh", "-c", f'. "{file}"; echo "$DATABASE_URL $SECRET_KEY"']
        said = subprocess.run(shell, capture_output=True, text=True, check=True, env={}).stdout

        assert said.split() == [ELSEWHERE["DATABASE_URL"], stack.environment["SECRET_KEY"]]
        assert file.stat().st_mode & 0o077 == 0


def test_a_taken_port_is_passed_over(empty_folder):
    taken = ports.first_free_port(8000)
    with socket.create_server((ports.HOST, taken)), Stack(empty_folder, "", ELSEWHERE) as stack:
        assert stack.web_port is not None
        assert stack.web_port > taken


@pytest.mark.parametrize("port", ["taken", "eight thousand"])
def test_a_port_that_was_asked_for_is_never_exchanged(empty_folder, monkeypatch, port):
    with socket.create_server((ports.HOST, 0)) as other:
        asked = str(other.getsockname()[1]) if port == "taken" else port
        monkeypatch.setenv("PORT", asked)

        with pytest.raises(StackError, match=asked):
            Stack(empty_folder, "", ELSEWHERE).prepare()


def test_two_stacks_cannot_share_a_folder(empty_folder):
    with (
        Stack(empty_folder, "", ELSEWHERE),
        pytest.raises(StackError, match="already runs"),
    ):
        Stack(empty_folder, "", ELSEWHERE).prepare()

    with Stack(empty_folder, "", ELSEWHERE) as after:
        assert after.urls.web.startswith("http://127.0.0.1:")


def test_a_stack_whose_servers_fail_lets_go_of_its_folder(empty_folder, monkeypatch):
    def fail(*_, **__):
        raise ServerError("no")

    with monkeypatch.context() as patched:
        patched.setattr("local.stack.locate_servers", fail)
        with pytest.raises(ServerError):
            Stack(empty_folder, "", ELSEWHERE).prepare()

    Stack(empty_folder, "", ELSEWHERE).prepare()
