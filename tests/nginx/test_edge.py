"""The edge: TLS 1.3 alone, certificates proved, nothing believed that a caller could make up."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import warnings
from urllib.parse import quote

import pytest
from django.utils import timezone

from apps.merchants.scopes import GRANTABLE
from apps.merchants.services.create_api_key import create_api_key
from apps.oauth.services.register_certificate import register_certificate
from tests.factories import MerchantFactory
from tests.nginx.conftest import MTLS_SERVER_NAME, PROXY_ADDRESS, PROXY_SECRET, SERVER_NAME
from tests.oauth.conftest import caller_for, make_application

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("nginx"),
    pytest.mark.timeout(900),
]

PATH = "/api/v1/payments"


@pytest.fixture
def merchant():
    return MerchantFactory()


@pytest.fixture
def identity(edge, merchant):
    """A client's certificate, registered for the merchant."""
    return registered(edge, merchant, f"till-{merchant.pk}")


def registered(edge, merchant, label):
    identity = edge.authority.client(label)
    register_certificate(
        caller=caller_for(merchant), pem=identity.pem, scopes=GRANTABLE, now=timezone.now()
    )
    return identity


def key_of(merchant):
    return create_api_key(merchant=merchant, livemode=False, now=timezone.now())[1]


def code_of(answer):
    return answer.status_code, answer.json().get("code")


# TLS.


def test_tls_1_3_is_spoken_with_a_strong_suite(edge):
    with edge.handshake(ssl.create_default_context()) as connection:
        assert connection.version() == "TLSv1.3"
        assert connection.cipher()[0] in {
            "TLS_AES_256_GCM_SHA384",
            "TLS_AES_128_GCM_SHA256",
            "TLS_CHACHA20_POLY1305_SHA256",
        }


def test_every_older_suite_is_refused(edge):
    every = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    every.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    names = [one["name"] for one in every.get_ciphers() if one["protocol"] != "TLSv1.3"]
    spoken = []

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1):
            for name in names:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = version
                context.set_ciphers(f"{name}:@SECLEVEL=0")
                try:
                    with edge.handshake(context):
                        spoken.append((version, name))
                except (ssl.SSLError, ConnectionError):
                    pass

    assert len(names) > 100
    assert spoken == []


@pytest.mark.parametrize(
    ("curve", "is_spoken"),
    [("X25519", True), ("prime256v1", True), ("secp384r1", False), ("secp521r1", False)],
)
def test_the_curves_are_x25519_and_p_256(edge, curve, is_spoken):
    context = ssl.create_default_context()
    context.set_ecdh_curve(curve)

    try:
        with edge.handshake(context) as connection:
            spoken = connection.version() == "TLSv1.3"
    except (ssl.SSLError, ConnectionError):
        spoken = False

    assert spoken == is_spoken


def test_no_session_is_resumed(edge):
    context = ssl.create_default_context()
    question = f"GET /health HTTP/1.1\r\nHost: {SERVER_NAME}\r\n\r\n".encode()
    with edge.handshake(context) as first:
        first.sendall(question)
        first.recv(4096)
        session = first.session

    with edge.handshake(context, session=session) as second:
        second.sendall(question)
        second.recv(4096)

        assert not second.session_reused


def test_an_unknown_host_gets_no_handshake(edge):
    context = ssl.create_default_context()
    context.check_hostname = False

    with pytest.raises(ssl.SSLError), edge.handshake(context, host="other.example"):
        pass


def test_plain_http_is_refused_on_the_same_port(edge):
    with socket.create_connection(("127.0.0.1", edge.port), timeout=120) as plain:
        plain.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {SERVER_NAME}\r\n\r\n".encode())
        answer = plain.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400")


# Who is calling.


def test_a_registered_certificate_gets_through_to_the_api(edge, identity):
    answer = edge.call("GET", PATH, identity=identity)

    assert answer.status_code == 200, answer.text
    assert answer.json()["object"] == "list"


def test_an_unregistered_certificate_is_refused(edge, db):
    answer = edge.call("GET", PATH, identity=edge.authority.client("stranger"))

    assert code_of(answer) == (401, "certificate_unknown")


def test_an_api_key_needs_no_certificate(edge, merchant):
    headers = {"Authorization": f"Bearer {key_of(merchant)}"}

    answers = [
        edge.call("GET", PATH, headers=headers, host=host)
        for host in (SERVER_NAME, MTLS_SERVER_NAME)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_no_browser_is_asked_for_a_certificate(edge, identity):
    answer = edge.call("GET", PATH, identity=identity, host=SERVER_NAME)

    assert code_of(answer) == (401, "authentication_required")


def test_a_stolen_bound_token_is_worth_nothing(edge, merchant, identity):
    application = make_application(merchant, certificate_bound_tokens=True)
    form = {
        "grant_type": "client_credentials",
        "client_id": application.client_id,
        "client_secret": application.secret,
    }
    other = registered(edge, merchant, f"other-{merchant.pk}")
    unasked = edge.call("POST", "/oauth/token", data=form)
    token = edge.call("POST", "/oauth/token", data=form, identity=identity).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    beside = edge.call("GET", PATH, identity=identity, headers=headers)
    without = edge.call("GET", PATH, headers=headers)
    with_other = edge.call("GET", PATH, identity=other, headers=headers)
    seen = edge.call("POST", "/oauth/introspect", data={**form, "token": token}).json()

    assert unasked.status_code == 401
    assert beside.status_code == 200
    assert code_of(without) == (401, "certificate_required")
    assert code_of(with_other) == (401, "certificate_mismatch")
    der = ssl.PEM_cert_to_DER_cert(identity.pem)
    digest = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    assert seen["cnf"] == {"x5t#S256": digest}


@pytest.mark.parametrize(
    "name", ["X-Client-Certificate", "X_Client_Certificate", "x-client-certificate"]
)
def test_a_made_up_certificate_is_believed_neither_through_nginx_nor_past_it(edge, identity, name):
    made_up = {name: quote(identity.pem, safe="")}

    through = edge.call("GET", PATH, headers=made_up)
    beside_another = edge.call(
        "GET", PATH, headers=made_up, identity=edge.authority.client("stranger")
    )
    past = edge.call_directly("GET", PATH, headers=made_up)

    assert code_of(through) == (401, "authentication_required")
    assert code_of(beside_another) == (401, "certificate_unknown")
    assert code_of(past) == (401, "authentication_required")


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP"])
def test_a_made_up_address_is_not_believed(edge, merchant, name):
    _, key = create_api_key(
        merchant=merchant, livemode=False, allowed_addresses=["198.51.100.7/32"], now=timezone.now()
    )
    headers = {"Authorization": f"Bearer {key}", name: "198.51.100.7"}

    through = edge.call("GET", PATH, headers=headers)
    past = edge.call_directly("GET", PATH, headers=headers)

    assert code_of(through) == code_of(past) == (403, "address_not_allowed")


@pytest.mark.parametrize("first", ["made up", "proxy"])
@pytest.mark.parametrize("name", ["X-Client-Certificate", "X-Forwarded-For", "X-Forwarded-Proto"])
def test_a_proxy_that_lets_underscores_through_helps_nobody(edge, merchant, identity, name, first):
    # Which of two spellings counts depends on their order: neither may.
    value = {
        "X-Client-Certificate": quote(identity.pem, safe=""),
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Proto": "https",
    }[name]
    lines = [f"{name.replace('-', '_')}: {value}", f"{name}: {PROXY_SECRET} 203.0.113.7"]
    if first == "proxy":
        lines.reverse()
    question = "\r\n".join(
        [f"GET {PATH} HTTP/1.1", f"Host: {SERVER_NAME}", *lines, "Connection: close", "", ""]
    )

    with socket.create_connection(
        ("127.0.0.1", edge.web_port), timeout=120, source_address=(PROXY_ADDRESS, 0)
    ) as line:
        line.sendall(question.encode())
        with line.makefile("rb") as answer:
            said = answer.read()

    assert b"HTTP/1.1 400" in said or b"authentication_required" in said
    assert b'"object":"list"' not in said


# What is answered.


@pytest.mark.parametrize(
    "path", ["/health", PATH, "/login", "/static/page.css", "/nothing", "/ws/"]
)
def test_every_answer_bears_the_headers_once(edge, recorder, path):
    recorder.arrived.set()
    answer = edge.call("GET", path)
    recorder.arrived.clear()

    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "nginx"


def test_a_body_too_large_is_refused_in_our_words(edge):
    answer = edge.call("POST", PATH, data=b"x" * 200_000)

    assert code_of(answer) == (413, "body_too_large")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["doc_url"] == f"https://{SERVER_NAME}/docs/errors#body_too_large"
    assert "Strict-Transport-Security" in answer.headers


@pytest.mark.parametrize("path", ["/ws/v1/events", "/api/v1/events/stream", "/pay/token/stream"])
def test_streams_go_to_the_realtime_process_as_they_come(edge, recorder, path):
    recorder.arrived.clear()

    with edge.call("GET", path, headers={"X-Client-Certificate": "made up"}, stream=True) as answer:
        first = next(answer.iter_content(7))
        recorder.arrived.set()

    seen_path, headers = recorder.seen[-1]
    assert first == b"data: 1"
    assert seen_path == path
    assert headers["X-Forwarded-For"] == f"{PROXY_SECRET} 127.0.0.1"
    assert "X-Client-Certificate" not in headers


def test_an_upgrade_to_a_websocket_is_handed_on(edge, recorder):
    recorder.arrived.set()

    edge.call("GET", "/ws/v1/events", headers={"Connection": "Upgrade", "Upgrade": "websocket"})

    _, headers = recorder.seen[-1]
    assert (headers["Connection"], headers["Upgrade"]) == ("upgrade", "websocket")


def test_the_log_holds_no_query_and_no_secret_path(edge):
    edge.call("GET", "/pay/secret-token?code=secret-code")
    edge.call("GET", "/callbacks/mtn/secret-token")
    edge.call("GET", "/health?state=secret-state")

    logged = edge.log.read_text()

    assert '"GET /health" 200' in logged
    assert "secret" not in logged


LINES = [
    b"GET / HTTP/1.1\r\nHost: pay.example\r\n\x00: x\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: pay.example\r\n",
    b"GET /%00%ff%ed%a0%80% HTTP/1.1\r\nHost: pay.example\r\n",
    b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: pay.example\r\n",
    b"GET / HTTP/1.1\r\nHost: pay.example\r\nX: " + b"a" * 200_000 + b"\r\n",
    b"GET / HTTP/9.9\r\nHost: pay.example\r\n",
    b"GET / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nHost: a b\r\n",
    b"CONNECT pay.example:443 HTTP/1.1\r\nHost: pay.example\r\n",
    b"TRACE / HTTP/1.1\r\nHost: pay.example\r\n",
    b"FOO / HTTP/1.1\r\nHost: pay.example\r\n",
    b"POST /login HTTP/1.1\r\nHost: pay.example\r\nContent-Length: -1\r\n",
    b"POST /login HTTP/1.1\r\nHost: pay.example\r\nContent-Length: x\r\n",
    b"POST /login HTTP/1.1\r\nHost: pay.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
    b"POST /login HTTP/1.1\r\nHost: pay.example\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /docs/source/examples/%00.py HTTP/1.1\r\nHost: pay.example\r\n",
    b"GET /docs/diagrams/" + b"a" * 300 + b".svg HTTP/1.1\r\nHost: pay.example\r\n",
    b"GET /health HTTP/1.1\r\nHost: pay.example\r\nCookie: \xff\xfe=\xff\r\n",
    b"\x16\x03\x01\x00\x00",
    b"\r\n\r\n\r\n",
]


@pytest.mark.parametrize("line", LINES, ids=[str(number) for number in range(len(LINES))])
def test_no_hostile_line_is_answered_by_a_failure_of_ours(edge, line):
    question = line + b"Connection: close\r\n\r\n"

    with socket.create_connection(("127.0.0.1", edge.web_port), timeout=120) as plain:
        past = first_words(plain, question)
    with edge.handshake(ssl.create_default_context()) as wrapped:
        through = first_words(wrapped, question)

    for answer in (past, through):
        # To what is no request, or none of ours, the servers themselves may say no.
        assert not answer or answer.split()[1] in {b"501", b"505"} or answer[9:10] < b"5", answer


def first_words(line, question):
    """The head of the answer; nothing, if the other side hung up."""
    try:
        line.sendall(question)
        return line.recv(64)
    except (ConnectionError, ssl.SSLError):
        return b""
