"""Redis over TLS: with a password, and only if the certificate is its own."""

import re
import socketserver
import ssl
import threading

import pytest

from tests.nginx.conftest import Authority
from tests.security.test_environment import run

# Every client of ours, in a process with these settings.
ASK = """
import django; django.setup()
from django.core.cache import cache
from apps.core.work import wake_up
from apps.core import rate_limit
from config.celery import app
wake_up.client().ping()
rate_limit._client().ping()
cache._cache.get_client().ping()
with app.connection_for_write() as line:
    line.default_channel.client.ping()
print("all were answered")
"""


class Server(socketserver.ThreadingTCPServer):
    """Speaks as much of Redis as a ping needs."""

    daemon_threads = True

    def __init__(self, identity):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity.certificate, identity.key)
        self.context, self.heard = context, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            line = self.server.context.wrap_socket(self.request, server_side=True)
            while heard := line.recv(65536):
                self.server.heard.append(heard)
                for command in re.findall(rb"\*\d+\r\n\$\d+\r\n(\w+)", heard):
                    line.sendall(b"+PONG\r\n" if command == b"PING" else b"+OK\r\n")
        except OSError:
            return


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("redis")


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder)


@pytest.fixture
def serve():
    servers = []

    def start(identity):
        servers.append(Server(identity))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(server, authority):
    port = server.server_address[1]
    return run(
        ["-c", ASK],
        REDIS_URL=f"rediss://:a-password@localhost:{port}/0",
        REDIS_CA_FILE=str(authority.file),
    )


def test_every_client_asks_over_tls_with_the_password(serve, authority):
    server = serve(authority.server("localhost"))

    asked = ask(server, authority)

    assert asked.stdout.strip() == "all were answered", asked.stderr
    assert b"a-password" in b"".join(server.heard)


@pytest.mark.parametrize("wrong", ["host", "authority"])
def test_nothing_is_said_to_a_server_that_is_not_ours(serve, authority, tmp_path, wrong):
    other = (
        authority.server("elsewhere")
        if wrong == "host"
        else Authority(tmp_path).server("localhost")
    )
    server = serve(other)

    asked = ask(server, authority)

    assert "CERTIFICATE_VERIFY_FAILED" in asked.stderr
    assert server.heard == []
