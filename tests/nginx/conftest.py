"""A real nginx over a real web process, on loopback ports, with an authority made here."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection

from local import ports
from local.processes import HttpAnswers, PortAccepts, Program, Supervisor
from tests import servers

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "docker" / "nginx"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
SERVER_NAME, MTLS_SERVER_NAME = "pay.example", "mtls.pay.example"
# Where nginx connects from: only there are its headers believed. The tests come from 127.0.0.1.
PROXY_ADDRESS = "127.0.0.2"
PROXY_SECRET = "nPq7-Xw2_kLm9Rt4vYb8sHd3Jf6gCz1A"

AROUND = Template(
    """
daemon off;
pid $folder/nginx.pid;
error_log $folder/error.log warn;
events { worker_connections 256; }
http {
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    proxy_bind $proxy_address;
    include $folder/lomi.conf;
}
"""
)


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path

    @property
    def pem(self) -> str:
        return self.certificate.read_text()


class Authority:
    """Signs the server's certificate; clients sign their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self._certificate = (
            _builder(name, name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(self._certificate))

    def server(self, *hosts: str) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        certificate = (
            _builder(name, self._certificate.subject, key)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return self._keep("server", certificate, key)

    def client(self, label: str) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
        return self._keep(label, _builder(name, name, key).sign(key, hashes.SHA256()), key)

    def _keep(
        self, label: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
    ) -> Identity:
        identity = Identity(self._folder / f"{label}.pem", self._folder / f"{label}.key")
        identity.certificate.write_bytes(_pem(certificate))
        identity.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return identity


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class _Pinned(requests.adapters.HTTPAdapter):
    """https://pay.example goes to a loopback port; the names stay for TLS and Host."""

    def __init__(self, port: int) -> None:
        self._port = port
        super().__init__()

    def send(self, request, **options):
        parts = urlsplit(request.url)
        request.headers["Host"] = parts.hostname
        self.poolmanager.connection_pool_kw["server_hostname"] = parts.hostname
        self.poolmanager.connection_pool_kw["assert_hostname"] = parts.hostname
        request.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{self._port}"))
        return super().send(request, **options)


class Edge:
    """What callers meet: nginx, and the web process behind it."""

    def __init__(self, port: int, web_port: int, authority: Authority, log: Path) -> None:
        self.port, self.web_port, self.authority, self.log = port, web_port, authority, log

    def call(self, method, path, *, identity=None, host=None, **options):
        """Through nginx, with a client certificate or without."""
        host = host or (MTLS_SERVER_NAME if identity else SERVER_NAME)
        with requests.Session() as session:
            session.mount("https://", _Pinned(self.port))
            session.trust_env = False
            return session.request(
                method,
                f"https://{host}{path}",
                verify=str(self.authority.file),
                cert=(str(identity.certificate), str(identity.key)) if identity else None,
                timeout=120,
                allow_redirects=False,
                **options,
            )

    def call_directly(self, method, path, **options):
        """Past nginx, as somebody within the network could."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method, f"http://127.0.0.1:{self.web_port}{path}", timeout=120, **options
            )

    @contextmanager
    def handshake(self, context: ssl.SSLContext, host: str = SERVER_NAME, session=None):
        context.load_verify_locations(self.authority.file)
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=120) as raw,
            context.wrap_socket(raw, server_hostname=host, session=session) as wrapped,
        ):
            yield wrapped


class Recorder:
    """Stands where the realtime process would, and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                recorder.seen.append((self.path, dict(self.headers.items())))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"7\r\ndata: 1\r\n")
                self.wfile.flush()
                # The first event has to arrive though the second never comes.
                recorder.arrived.wait(10)
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_: object) -> None:
                pass

        self.arrived = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.arrived.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture(scope="module")
def edge(tmp_path_factory, django_db_setup, recorder) -> Iterator[Edge]:
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    # The workers of nginx may run as another user.
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o755)
    authority = Authority(folder)
    port, web_port = ports.choose_port(), ports.choose_port()
    _write_configuration(folder, authority, port, web_port, recorder.port)
    supervisor = Supervisor(folder / "log")
    try:
        supervisor.start(_web(web_port), _nginx(folder, port))
        yield Edge(port, web_port, authority, folder / "log" / "nginx.log")
    finally:
        supervisor.stop_all()


def _write_configuration(
    folder: Path, authority: Authority, port: int, web_port: int, realtime_port: int
) -> None:
    identity = authority.server(SERVER_NAME, MTLS_SERVER_NAME)
    static = folder / "static"
    static.mkdir()
    (static / "page.css").write_text("body {}")
    values = {
        "LISTEN": f"127.0.0.1:{port}",
        "SERVER_NAME": SERVER_NAME,
        "MTLS_SERVER_NAME": MTLS_SERVER_NAME,
        "CERTIFICATE_FILE": str(identity.certificate),
        "CERTIFICATE_KEY_FILE": str(identity.key),
        "OCSP_STAPLING": "off",
        "RESOLVER": "127.0.0.1",
        "WEB_ADDRESS": f"127.0.0.1:{web_port}",
        "REALTIME_ADDRESS": f"127.0.0.1:{realtime_port}",
        "STATIC_FOLDER": str(static),
        "PATHS_FILE": str(folder / "lomi_paths.inc"),
        "PROXY_SECRET": PROXY_SECRET,
    }
    for name in ("lomi.conf", "lomi_paths.inc"):
        text = (TEMPLATES / f"{name}.template").read_text()
        for variable, value in values.items():
            text = text.replace(f"${{{variable}}}", value)
        assert "${" not in text.replace("${…}", ""), name
        (folder / name).write_text(text)
    around = AROUND.substitute(folder=folder, proxy_address=PROXY_ADDRESS)
    (folder / "nginx.conf").write_text(around)


def _web(port: int) -> Program:
    database = connection.settings_dict
    environment = {
        **os.environ,
        **servers.of_database(database["NAME"]),
        # A process that serves owns nothing.
        "DATABASE_OWNER_URL": "",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "TRUSTED_PROXIES": f"{PROXY_ADDRESS}/32",
        "PROXY_SECRET": PROXY_SECRET,
        "PUBLIC_URL": f"https://{SERVER_NAME}",
        "MTLS_URL": f"https://{MTLS_SERVER_NAME}",
    }
    granian = [
        *(sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi"),
        *("--http", "1", "--no-ws", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "2", "--no-access-log"),
    ]
    return Program("web", granian, environment, ROOT, HttpAnswers(port, "/health"))


def _nginx(folder: Path, port: int) -> Program:
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    return Program("nginx", command, dict(os.environ), ROOT, PortAccepts(port))
