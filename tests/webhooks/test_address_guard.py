"""No webhook ever leads inside our own walls: not by its URL, not by its name, not by a lie."""

import random
import socket
import threading

import dnslib
import pytest
from dnslib.server import BaseResolver, DNSServer

from apps.core import http_connection
from apps.core.public_ids import new_id
from apps.core.ttl_cache import TtlCache
from apps.webhooks import address_guard
from apps.webhooks.address_guard import (
    NameNotResolved,
    WebhookUrlRefused,
    check_url,
    is_in_the_world,
    read_url,
)
from apps.webhooks.models import Delivery
from apps.webhooks.services.create_endpoint import create_endpoint
from apps.webhooks.services.deliver_webhook import deliver_webhook
from tests.receiver import answer
from tests.webhooks.claims import make_claim

pytestmark = pytest.mark.usefixtures("without_rows")

PUBLIC = "93.184.215.14"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

# What the name server of these tests knows.
NAMES = {
    "shop.example.com": [PUBLIC],
    "both.example.com": [PUBLIC, PUBLIC_6],
    "loopback.example.com": ["127.0.0.1"],
    "private.example.com": ["10.1.2.3"],
    "one-of-two.example.com": [PUBLIC, "127.0.0.1"],
    "other-of-two.example.com": ["192.168.1.1", PUBLIC],
    "six.example.com": ["::1"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
    "public-and-six.example.com": [PUBLIC, "fe80::1%eth0"],
    "metadata.example.com": ["169.254.169.254"],
    "carrier.example.com": ["100.64.0.1"],
    "nothing.example.com": ["0.0.0.0"],
    "nat64.example.com": ["64:ff9b::7f00:1"],
    "six-to-four.example.com": ["2002:7f00:1::"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "xn--bcher-kva.example.com": [PUBLIC],
    "xn--caf-dma.example.com": [PUBLIC],
    "xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g": [PUBLIC],
}

# Addresses that are not of the world, as they are.
ADDRESSES = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.254", "192.168.0.1", "169.254.169.254", "169.254.0.1", "100.64.0.1",
    "100.100.100.200", "100.127.255.254", "192.0.0.192", "192.0.2.7", "198.18.0.1",
    "198.19.255.254", "198.51.100.7", "203.0.113.7", "192.88.99.1", "168.63.129.16", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:7f00:1]",
    "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::1]", "[2002:a00:1::]",
    "[2001:0:7f00:1::]", "[2001:10::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]", "[5f00::1]",
    "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[ff0e::1]",
]  # fmt: skip

# The same in disguise.
DISGUISED = [
    "2130706433", "017700000001", "0x7f000001", "0x7F.0.0.1", "0177.0.0.1", "127.1", "127.0.1",
    "0", "0x0", "127.0.0.01", "127.0.0.1.", "127.0.0.1..", "169.254.43518", "2852039166",
    "0251.0376.0251.0376", "1.2.3", "1.2.3.4.5", "256.0.0.1", "127.0.0.0x1",
    "１２７.０.０.１", "127。0。0。1", "①②⑦.⓪.⓪.①", "ｌｏｃａｌｈｏｓｔ", "ⓛocalhost",
    "[fe80::1%25eth0]", "[::1%lo]", "[127.0.0.1]", "[::1", "%31%32%37.0.0.1",
]  # fmt: skip

HOME = [
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "intranet", "router", "db.internal",
    "metadata.google.internal", "printer.local", "kubernetes.default.svc.cluster.local",
    "nas.lan", "gw.home", "x.home.arpa", "files.corp", "a.localdomain", "hidden.onion",
]  # fmt: skip

NAMED = [
    "loopback.example.com", "private.example.com", "one-of-two.example.com",
    "other-of-two.example.com", "six.example.com", "mapped.example.com",
    "public-and-six.example.com", "metadata.example.com", "carrier.example.com",
    "nothing.example.com", "nat64.example.com", "six-to-four.example.com",
    "127.0.0.1.nip.example", "LoopBack.Example.Com", "loopback.example.com.",
    "unknown.example.com",
]  # fmt: skip

# PORT stands for the port of a real listener.
FORBIDDEN = [
    *(f"https://{host}:PORT/hooks" for host in (*ADDRESSES, *DISGUISED, *HOME, *NAMED)),
    "http://shop.example.com/",
    "http://127.0.0.1:PORT/",
    "HTTP://shop.example.com/",
    "ftp://shop.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_POST",
    "//shop.example.com/",
    "shop.example.com/hooks",
    "https:shop.example.com",
    "https:///hooks",
    "https://",
    "https://:PORT/",
    "https://shop.example.com:80/",
    "https://shop.example.com:22/",
    "https://shop.example.com:6379/",
    "https://shop.example.com:0/",
    "https://shop.example.com:65536/",
    "https://shop.example.com:-443/",
    "https://shop.example.com:4４3/",
    "https://user@shop.example.com/",
    "https://user:word@shop.example.com/",
    "https://shop.example.com@127.0.0.1:PORT/",
    "https://127.0.0.1:PORT@shop.example.com/",
    "https://shop.example.com:443@127.0.0.1:PORT/",
    "https://shop.example.com\\@127.0.0.1:PORT/",
    "https://127.0.0.1:PORT\\.shop.example.com/",
    "https://shop.example.com#@127.0.0.1:PORT/",
    "https://shop.example.com /hooks",
    " https://shop.example.com/",
    "https://127.0.\t0.1:PORT/",
    "https://127.0.0.1\n:PORT/",
    "https://shop.example.com/\r\nX-Evil: 1",
    "https://shop.example.com/\x00",
    "https://shop..example.com/",
    "https://.example.com/",
    "https://-shop.example.com/",
    "https://shop.example.com../",
    "https://sh$op.example.com/",
    "https://shop.example.com%2f@127.0.0.1:PORT/",
    "https://" + "a" * 64 + ".example.com/",
    "https://shop.example.com/" + "a" * 500,
    "https://xn--.example.com\ud800/",
]

LEGITIMATE = {
    "https://shop.example.com": "https shop.example.com 443 shop.example.com /",
    "https://shop.example.com/": "https shop.example.com 443 shop.example.com /",
    "https://shop.example.com/hooks": "https shop.example.com 443 shop.example.com /hooks",
    "https://shop.example.com/a/b/c/": "https shop.example.com 443 shop.example.com /a/b/c/",
    "https://shop.example.com:443/h": "https shop.example.com 443 shop.example.com /h",
    "https://shop.example.com:8443/h": "https shop.example.com 8443 shop.example.com:8443 /h",
    "https://shop.example.com:/h": "https shop.example.com 443 shop.example.com /h",
    "https://shop.example.com:0443/h": "https shop.example.com 443 shop.example.com /h",
    "https://shop.example.com./h": "https shop.example.com 443 shop.example.com /h",
    "https://SHOP.Example.COM/H": "https shop.example.com 443 shop.example.com /H",
    "HTTPS://shop.example.com/h": "https shop.example.com 443 shop.example.com /h",
    "https://shop.example.com?a=1": "https shop.example.com 443 shop.example.com /?a=1",
    "https://shop.example.com/h?": "https shop.example.com 443 shop.example.com /h",
    "https://shop.example.com/h?a=1&b=2": "https shop.example.com 443 shop.example.com /h?a=1&b=2",
    "https://shop.example.com/h?a=b%20c": "https shop.example.com 443 shop.example.com /h?a=b%20c",
    "https://shop.example.com/h?u=https://x/": (
        "https shop.example.com 443 shop.example.com /h?u=https://x/"
    ),
    "https://shop.example.com/h?to=a@b.cm": (
        "https shop.example.com 443 shop.example.com /h?to=a@b.cm"
    ),
    "https://shop.example.com/@moi/hooks": (
        "https shop.example.com 443 shop.example.com /@moi/hooks"
    ),
    "https://shop.example.com/paiement/réussi": (
        "https shop.example.com 443 shop.example.com /paiement/r%C3%A9ussi"
    ),
    "https://shop.example.com/h?clé=été": (
        "https shop.example.com 443 shop.example.com /h?cl%C3%A9=%C3%A9t%C3%A9"
    ),
    "https://shop.example.com/%7Ehooks": "https shop.example.com 443 shop.example.com /%7Ehooks",
    "https://shop.example.com/~hooks": "https shop.example.com 443 shop.example.com /~hooks",
    "https://shop.example.com/a;b=c": "https shop.example.com 443 shop.example.com /a;b=c",
    "https://shop.example.com/a:b": "https shop.example.com 443 shop.example.com /a:b",
    "https://shop.example.com/a|b": "https shop.example.com 443 shop.example.com /a%7Cb",
    "https://shop.example.com//h": "https shop.example.com 443 shop.example.com //h",
    "https://shop.example.com/../h": "https shop.example.com 443 shop.example.com /../h",
    "https://shop.example.com/127.0.0.1": "https shop.example.com 443 shop.example.com /127.0.0.1",
    "https://shop.example.com/h?ip=127.0.0.1": (
        "https shop.example.com 443 shop.example.com /h?ip=127.0.0.1"
    ),
    "https://both.example.com/h": "https both.example.com 443 both.example.com /h",
    "https://bücher.example.com/h": (
        "https xn--bcher-kva.example.com 443 xn--bcher-kva.example.com /h"
    ),
    "https://BÜCHER.example.com/h": (
        "https xn--bcher-kva.example.com 443 xn--bcher-kva.example.com /h"
    ),
    "https://xn--bcher-kva.example.com/h": (
        "https xn--bcher-kva.example.com 443 xn--bcher-kva.example.com /h"
    ),
    "https://café.example.com/h": "https xn--caf-dma.example.com 443 xn--caf-dma.example.com /h",
    "https://shop。example。com/h": "https shop.example.com 443 shop.example.com /h",
    "https://ｓｈｏｐ.example.com/h": "https shop.example.com 443 shop.example.com /h",
    f"https://{PUBLIC}/h": f"https {PUBLIC} 443 {PUBLIC} /h",
    f"https://{PUBLIC}:8443/h": f"https {PUBLIC} 8443 {PUBLIC}:8443 /h",
    f"https://[{PUBLIC_6}]/h": f"https {PUBLIC_6} 443 [{PUBLIC_6}] /h",
    f"https://[{PUBLIC_6.upper()}]:8443/h": f"https {PUBLIC_6} 8443 [{PUBLIC_6}]:8443 /h",
    "https://172.15.0.1/h": "https 172.15.0.1 443 172.15.0.1 /h",
    "https://100.128.0.1/h": "https 100.128.0.1 443 100.128.0.1 /h",
}


def tell_names(host):
    if host not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return NAMES[host]


class Wall:
    """Listeners on our own side, and who tried to connect to what."""

    def __init__(self):
        self.accepted = 0
        self.dialled = []
        self._sockets = [socket.create_server(("", 0))]
        self.port = self._sockets[0].getsockname()[1]
        if socket.has_ipv6:
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for one in self._sockets:
            threading.Thread(target=self._accept, args=[one], daemon=True).start()

    def close(self):
        for one in self._sockets:
            # Closing alone does not wake who waits in accept.
            one.shutdown(socket.SHUT_RDWR)
            one.close()

    def dial(self, address, port, *, timeout_s):
        """Nobody out there is really called; whoever is inside is."""
        self.dialled.append(address)
        if is_in_the_world(address):
            raise ConnectionRefusedError
        return socket.create_connection((address, port), timeout=timeout_s)

    def _accept(self, listening):
        while True:
            try:
                listening.accept()[0].close()
            except OSError:
                return
            self.accepted += 1


@pytest.fixture
def wall(monkeypatch, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = False
    wall = Wall()
    monkeypatch.setattr(address_guard, "PORTS", (443, 8443, wall.port))
    monkeypatch.setattr(address_guard, "look_up", tell_names)
    monkeypatch.setattr(http_connection, "dial", wall.dial)
    yield wall
    wall.close()


def claimed(url, *, livemode=True):
    return make_claim(url, livemode=livemode)[0]


@pytest.mark.parametrize("number", range(len(FORBIDDEN)))
def test_a_url_that_leads_inside_is_refused_and_never_called(wall, number):
    url = FORBIDDEN[number].replace("PORT", str(wall.port))

    for livemode in (True, False):
        with pytest.raises(WebhookUrlRefused) as refused:
            check_url(url, livemode=livemode, asked_by=str(new_id()))
        tried = deliver_webhook(claimed(url, livemode=livemode))

        assert (refused.value.code, refused.value.field) == ("webhook_url_refused", "url")
        assert (tried.status_code, tried.error[:12]) == (None, "URL refused:")
    assert (wall.dialled, wall.accepted) == ([], 0)


def test_the_corpus_is_as_large_as_it_should_be():
    assert len(set(FORBIDDEN)) >= 150
    assert len(LEGITIMATE) >= 40


@pytest.mark.parametrize("number", range(len(LEGITIMATE)))
def test_a_proper_url_is_taken_and_called_at_its_address(wall, number):
    url, expected = list(LEGITIMATE.items())[number]

    check_url(url, livemode=True, asked_by=str(new_id()))
    tried = deliver_webhook(claimed(url))

    target = read_url(url, livemode=True)
    said = f"{target.scheme} {target.host} {target.port} {target.authority} {target.path}"
    assert said == expected
    assert tried.error == "connection refused"
    assert wall.dialled
    assert all(is_in_the_world(address) for address in wall.dialled)


@pytest.mark.django_db
def test_what_was_registered_long_ago_is_checked_at_each_send(
    clock, wall, merchant, tell, deliver_due
):
    urls = [url.replace("PORT", str(wall.port)) for url in FORBIDDEN[:100]]
    for url in urls:
        create_endpoint(merchant=merchant, livemode=False, url=url, now=clock.now)
    tell()

    assert deliver_due() == len(urls)

    assert (wall.dialled, wall.accepted) == ([], 0)
    errors = Delivery.objects.filter(status="pending").values_list("last_error", flat=True)
    assert {error[:12] for error in errors} == {"URL refused:"}


class Fickle(BaseResolver):
    """A name server that thinks better of it between two questions."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self.said = []

    def resolve(self, request, handler):
        mixtures = [[PUBLIC], ["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC]]
        addresses = self._random.choice(mixtures)
        self.said.append(addresses)
        reply = request.reply()
        for address in addresses:
            record = dnslib.RR(request.q.qname, rdata=dnslib.A(address), ttl=0)
            reply.add_answer(record)
        return reply


@pytest.fixture
def fickle(monkeypatch):
    resolver = Fickle(seed=20261122)
    server = DNSServer(resolver, address="127.0.0.1", port=0, logger=_Silent())
    server.start_thread()
    port = server.server.server_address[1]

    def ask(host):
        reply = dnslib.DNSRecord.parse(dnslib.DNSRecord.question(host).send("127.0.0.1", port))
        return [str(record.rdata) for record in reply.rr]

    monkeypatch.setattr(address_guard, "look_up", ask)
    forgetful = TtlCache(address_guard._resolve_to_send, seconds=0)
    monkeypatch.setattr(address_guard, "_addresses", forgetful)
    yield resolver
    server.stop()


class _Silent:
    def __getattr__(self, name):
        return lambda *_: None


def test_a_name_that_changes_its_mind_a_thousand_times_never_gets_inside(wall, fickle):
    url = f"https://fickle.example.com:{wall.port}/"
    errors = [deliver_webhook(claimed(url)).error for _ in range(1_000)]

    honest = sum(said == [PUBLIC] for said in fickle.said)
    assert len(fickle.said) == 1_000
    assert wall.accepted == 0
    # Called exactly when the one answer it gave was good, at that answer.
    assert wall.dialled == [PUBLIC] * honest
    assert errors.count("connection refused") == honest > 300
    assert sum(error.startswith("URL refused") for error in errors) == 1_000 - honest


def test_a_name_is_asked_about_once_in_a_while_and_its_checked_addresses_are_used(
    wall, monkeypatch
):
    asked = []

    def ask(host):
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    monkeypatch.setattr(address_guard, "look_up", ask)
    for _ in range(10):
        deliver_webhook(claimed("https://shop.example.com/"))

    assert asked == ["shop.example.com"]
    assert wall.dialled == [PUBLIC] * 10


def test_a_resolver_that_says_nothing_is_not_waited_for(wall, monkeypatch):
    silence = threading.Event()
    asked = []
    monkeypatch.setattr(address_guard, "LOOKUP_S_MAX", 0.05)
    monkeypatch.setattr(address_guard, "DOOR_LOOKUP_S_MAX", 0.05)
    monkeypatch.setattr(address_guard, "look_up", lambda host: asked.append(host) or silence.wait())

    errors = {deliver_webhook(claimed("https://slow.example.com/")).error for _ in range(3)}
    with pytest.raises(NameNotResolved):
        check_url("https://slow.example.com/", livemode=False, asked_by=str(new_id()))

    silence.set()
    assert errors == {"URL refused: Its host does not resolve."}
    # Nor asked by more than one at a time.
    assert asked == ["slow.example.com"]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_inside_is_not_followed(receiver, endpoint, tell, deliver_due, status):
    wall = Wall()
    receiver.answers = [answer(status, f"Location: http://127.0.0.1:{wall.port}/")]
    (delivery,) = tell()

    deliver_due()

    wall.close()
    delivery.refresh_from_db()
    assert wall.accepted == 0
    assert (delivery.status, delivery.last_error) == ("pending", f"HTTP {status}")


@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "all_proxy"])
def test_no_proxy_of_the_environment_is_used(monkeypatch, receiver, variable):
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    monkeypatch.setenv(variable.upper(), "http://127.0.0.1:1")

    assert deliver_webhook(claimed(receiver.url, livemode=False)).status_code == 204


def test_on_a_developers_machine_test_mode_may_use_http_and_loopback_but_live_mode_never_http():
    check_url("http://127.0.0.1:5000/hooks", livemode=False, asked_by=str(new_id()))
    check_url("http://localhost:5000/hooks", livemode=False, asked_by=str(new_id()))
    check_url("https://localhost:5000/hooks", livemode=True, asked_by=str(new_id()))

    with pytest.raises(WebhookUrlRefused):
        check_url("http://127.0.0.1:5000/hooks", livemode=True, asked_by=str(new_id()))


def test_a_real_environment_allows_no_private_address():
    from config.settings import base

    assert base.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED is False
