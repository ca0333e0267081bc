"""What a proxy says of a caller is believed from our own alone, and only with its secret."""

import asyncio

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from apps.core.client_address import client_address
from apps.core.proxy_headers import KEYS, KEYS_NEVER, ProxyHeaders, StreamHeaders
from apps.merchants.limits import network_key
from apps.sign_in.limits import network_index

SECRET = "a-secret-that-the-proxy-and-we-share-0123"
FORMER = "a-former-secret-of-the-proxy-and-us-01234"
PROXY, STRANGER = "10.1.0.7", "198.51.100.7"
GOOD = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Client-Certificate": "-----BEGIN%20CERTIFICATE-----",
}


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings):
    settings.TRUSTED_PROXIES = ["10.1.0.0/16"]
    settings.PROXY_SECRETS = [SECRET, FORMER]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def through(peer, headers):
    """(answer, the request as the application saw it)."""
    seen = []

    def application(request):
        seen.append(request)
        return HttpResponse()

    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    return ProxyHeaders(application)(request), (seen or [None])[0]


def marked(secret=SECRET):
    return {name: f"{secret} {value}" for name, value in GOOD.items()}


@pytest.mark.parametrize("secret", [SECRET, FORMER])
def test_what_begins_with_the_secret_is_believed(secret):
    _, request = through(PROXY, marked(secret))

    assert {name: request.headers[name] for name in GOOD} == GOOD
    assert request.is_secure()
    assert str(client_address(request)) == "203.0.113.7"


@pytest.mark.parametrize("headers", [GOOD, marked()], ids=["plain", "with the secret"])
@pytest.mark.parametrize("peer", [STRANGER, "", "rubbish", "::1"])
def test_a_stranger_says_nothing_of_himself(peer, headers):
    answer, request = through(peer, headers)

    assert answer.status_code == 200
    assert [key for key in KEYS if key in request.META] == []
    assert not request.is_secure()


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    "said",
    [
        "{}",
        "wrong {}",
        " {}",
        f"{SECRET}{{}}",
        f"{SECRET}\t{{}}",
        f"{{}}, {SECRET} 203.0.113.9",
        f"{SECRET.upper()} {{}}",
        SECRET[:-1] + " {}",
        "é {}",
    ],
)
def test_without_the_secret_the_proxy_itself_is_refused(name, said):
    # As when it hands on X_Forwarded_For of a stranger, which means the same to us.
    answer, request = through(PROXY, {**marked(), name: said.format(GOOD[name])})

    assert answer.status_code == 400
    assert b"proxy_header_refused" in answer.content
    assert request is None


@pytest.mark.parametrize("peer", [PROXY, STRANGER])
def test_other_headers_of_proxies_are_never_believed(peer):
    names = ["Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP"]

    _, request = through(peer, dict.fromkeys(names, "x"))

    assert [key for key in KEYS_NEVER if key in request.META] == []


def test_without_a_secret_in_the_settings_the_address_is_proof(settings):
    settings.PROXY_SECRETS = []

    _, request = through(PROXY, GOOD)

    assert {name: request.headers[name] for name in GOOD} == GOOD


def streamed(peer, headers, kind="http"):
    """(what was sent, the scope as the application saw it)."""
    seen, sent = [], []

    async def application(scope, receive, send):
        seen.append(scope)

    async def send(message):
        sent.append(message)

    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "client": (peer, 1), "headers": pairs}
    asyncio.run(StreamHeaders(application)(scope, None, send))
    return sent, dict(seen[0]["headers"]) if seen else None


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_streams_believe_the_same(kind):
    _, proxied = streamed(PROXY, {**marked(), "Accept": "x"}, kind)
    _, strange = streamed(STRANGER, {**marked(), "Accept": "x", "X-Real-IP": "x"}, kind)
    refused, unproved = streamed(PROXY, GOOD, kind)

    said = {name.lower().encode(): value.encode() for name, value in GOOD.items()}
    assert proxied == {**said, b"accept": b"x"}
    assert strange == {b"accept": b"x"}
    assert unproved is None
    assert refused[0].get("status", refused[0].get("code")) in {400, 4400}


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("name", ["X_Client_Certificate", "X_Forwarded_For", "a_b"])
def test_streams_refuse_names_with_an_underscore(name, kind):
    sent, seen = streamed(STRANGER, {name: "x"}, kind)

    assert seen is None
    assert sent[0].get("status", sent[0].get("code")) in {400, 4400}


@pytest.mark.parametrize("peer", [STRANGER, "through the proxy"])
def test_an_address_of_ipv4_is_the_same_in_the_dress_of_ipv6(peer):
    def seen(address):
        if peer == STRANGER:
            request = RequestFactory().get("/", REMOTE_ADDR=address)
        else:
            headers = {"X-Forwarded-For": f"{SECRET} {address}"}
            _, request = through(f"::ffff:{PROXY}", headers)
        return client_address(request)

    one, other = seen("::ffff:203.0.113.7"), seen("::ffff:198.51.100.9")

    assert one == seen("203.0.113.7")
    # Whoever guesses passwords slows nobody else's sign-in.
    assert network_index(one) != network_index(other)
    assert network_key(one) != network_key(other)
