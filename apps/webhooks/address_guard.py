"""Where a merchant's URL may lead: out into the world, never inside our own walls.

A URL is checked when it is registered and again at each send, and the connection is made to one of
the very addresses that were checked: a name that changes its mind in between changes nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, quote, urlsplit

import idna
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.name_lookup import look_up, look_up_in_time
from apps.core.rate_limit import Limit, RateLimited, acquire, refuse
from apps.core.ttl_cache import TtlCache

URL_LENGTH_MAX = 500
PORTS = (443, 8443)
DEFAULT_PORTS = {"http": 80, "https": 443}

# How long a name may take to resolve: while somebody waits at a door, and before a webhook is sent.
DOOR_LOOKUP_S_MAX = 1.0
LOOKUP_S_MAX = 5.0
# How many at once may wait for a name at the doors of this process. It has a few threads for all
# requests: most must stay free, whatever name servers do.
WAITING_MAX = 2
# How long the addresses of a name are remembered.
ADDRESSES_KEPT_S = 30.0

# Source: the IANA registry of special-purpose IPv4 addresses, multicast and the reserved rest.
NOT_THE_WORLD_4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        # A cloud's own services at a public address.
        "168.63.129.16/32",
    )
]  # fmt: skip

# Only this is the world: loopback, private, link-local, multicast, IPv4-mapped and NAT64 addresses
# lie outside. Source: the IANA registry of IPv6 address space.
THE_WORLD_6 = ip_network("2000::/3")
# And of it not: IETF protocols (Teredo and ORCHID among them), documentation, 6to4, AS112.
# Source: the IANA registry of special-purpose IPv6 addresses.
NOT_THE_WORLD_6 = [
    ip_network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]

# Names that mean something at home only. Source: the IANA registry of special-use domain names,
# and what routers and clouds use beside it.
HOME_NAMES = (
    "localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan",
    "arpa", "invalid", "onion", "alt",
)  # fmt: skip

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class WebhookUrlRefused(DomainError):
    code = "webhook_url_refused"
    title = "Webhooks cannot be sent to this URL."
    staff_words = _("Nothing can be sent to this address: it is not one of the public internet.")


class NameNotResolved(WebhookUrlRefused):
    """It may resolve later."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads, in the words of the wire: all ASCII."""

    scheme: str
    # A name in lower case without the last dot, or an address without brackets.
    host: str
    port: int
    # The Host header, and the path with its query.
    authority: str
    path: str

    @property
    def is_address(self) -> bool:
        return ":" in self.host or self.host.rpartition(".")[2].isdigit()


def check_url(url: str, *, livemode: bool, asked_by: str) -> None:
    """Raise WebhookUrlRefused unless webhooks can be sent there, as things are now.

    Names are resolved, unless private addresses are allowed: within a second, and one at a time
    for each merchant.

    Args:
        asked_by: the id of the merchant.

    Raises:
        RateLimited: another name of this merchant is being resolved, or too many were.
    """
    target = read_url(url, livemode=livemode)
    if settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED:
        return
    if target.is_address:
        _refuse_inside([target.host])
        return
    with _waiting_for_a_name(asked_by):
        _resolve(target.host, timeout_s=DOOR_LOOKUP_S_MAX)


def read_url(url: str, *, livemode: bool, are_private_allowed: bool | None = None) -> Target:
    """What a URL says, without asking anybody.

    Args:
        are_private_allowed: None: as for webhooks.

    Raises:
        WebhookUrlRefused: not https, another port, a disguised address, a name of home …
    """
    if are_private_allowed is None:
        are_private_allowed = settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED
    return _read(url, livemode, are_private_allowed)


def find_addresses(target: Target, *, are_private_allowed: bool | None = None) -> Sequence[str]:
    """The addresses to connect to, in order of preference, every one of them checked.

    Args:
        are_private_allowed: None: as for webhooks.

    Raises:
        WebhookUrlRefused: one of them is not in the world.
        NameNotResolved: there is none, or nobody said in time.
    """
    if are_private_allowed is not None:
        found = [target.host] if target.is_address else _look_up(target.host, LOOKUP_S_MAX)
        if not are_private_allowed:
            _refuse_outside_the_world(found)
        return tuple(found)
    if target.is_address:
        _refuse_inside([target.host])
        return (target.host,)
    return _addresses.get(target.host)


def is_in_the_world(address: str) -> bool:
    """Whether this is an address of the public internet that may be connected to."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in NOT_THE_WORLD_4)
    if parsed.scope_id is not None or parsed not in THE_WORLD_6:
        return False
    return not any(parsed in network for network in NOT_THE_WORLD_6)


@lru_cache(maxsize=5_000)
def _read(url: str, livemode: bool, are_private_allowed: bool) -> Target:
    parts = _split(url)
    schemes = ("https", "http") if are_private_allowed and not livemode else ("https",)
    if parts.scheme not in schemes:
        beginnings = " or ".join(f"{scheme}://" for scheme in schemes)
        raise _refused(f"It must begin with {beginnings}.")
    host = _read_host(parts)
    port = _read_port(parts)
    if not are_private_allowed:
        if port not in PORTS:
            raise _refused("Its port must be 443 or 8443.")
        _refuse_home_names(host)
    written = f"[{host}]" if ":" in host else host
    is_default = port == DEFAULT_PORTS[parts.scheme]
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    return Target(
        scheme=parts.scheme,
        host=host,
        port=port,
        authority=written if is_default else f"{written}:{port}",
        path=path,
    )


def _split(url: str) -> SplitResult:
    if len(url) > URL_LENGTH_MAX:
        raise _refused(f"It may have {URL_LENGTH_MAX} characters at most.")
    # Parsers disagree about these, and drop some of them silently.
    if any(character <= " " or character in "\\\x7f" for character in url):
        raise _refused("It has a space, a control character or a backslash.")
    try:
        url.encode()
        parts = urlsplit(url)
    except ValueError as error:
        raise _refused("It is not a URL.") from error
    if not parts.netloc:
        raise _refused("It names no host.")
    if "@" in parts.netloc:
        raise _refused("It must not hold a user name or password.")
    if "#" in url:
        raise _refused("Its fragment (from #) would never be sent: leave it out.")
    return parts


def _read_port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise _refused("Its port is not a number from 1 to 65535.") from error
    if port == 0:
        raise _refused("Its port is not a number from 1 to 65535.")
    return DEFAULT_PORTS[parts.scheme] if port is None else port


def _read_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        try:
            return str(IPv6Address(host))
        except ValueError as error:
            raise _refused("Its address is not an IPv6 address.") from error
    try:
        # Wide digits, ideographic full stops and the like become what they stand for.
        name = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise _refused("Its host is not a domain name.") from error
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(name))
        except ValueError as error:
            raise _refused("Write an IPv4 address as four decimal numbers.") from error
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise _refused("Its host is not a domain name.")
    return name


def _refuse_home_names(host: str) -> None:
    if ":" in host or host.rpartition(".")[2].isdigit():
        _refuse_outside_the_world([host])
    elif "." not in host or host.rpartition(".")[2] in HOME_NAMES:
        raise _refused("Its host is not a name of the public internet.")


@contextmanager
def _waiting_for_a_name(asked_by: str) -> Iterator[None]:
    with _guard:
        if asked_by in _waiting or len(_waiting) >= WAITING_MAX:
            raise RateLimited("A name is being resolved. Ask again in a moment.", retry_after_s=1)
        _waiting.add(asked_by)
    try:
        quota = settings.RATE_LIMITS["name_lookup"]
        refuse(acquire([Limit(policy="name_lookup", key=asked_by, quota=quota)]))
        yield
    finally:
        with _guard:
            _waiting.discard(asked_by)


def _resolve_to_send(host: str) -> Sequence[str]:
    return _resolve(host, timeout_s=LOOKUP_S_MAX)


def _resolve(host: str, *, timeout_s: float) -> Sequence[str]:
    addresses = _look_up(host, timeout_s)
    _refuse_inside(addresses)
    return tuple(addresses)


def _look_up(host: str, timeout_s: float) -> Sequence[str]:
    try:
        addresses = look_up_in_time(host, timeout_s=timeout_s, look_up=look_up)
    except (OSError, UnicodeError) as error:
        raise NameNotResolved("Its host does not resolve.", field="url") from error
    if not addresses:
        raise NameNotResolved("Its host does not resolve.", field="url")
    return addresses


def _refuse_inside(addresses: Sequence[str]) -> None:
    if not settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED:
        _refuse_outside_the_world(addresses)


def _refuse_outside_the_world(addresses: Sequence[str]) -> None:
    # One is enough: whoever answers with both wants the wrong one to be taken.
    if not all(is_in_the_world(address) for address in addresses):
        raise _refused("Its host has an address that is not on the public internet.")


def _refused(detail: str) -> WebhookUrlRefused:
    return WebhookUrlRefused(detail, field="url")


_addresses: TtlCache[str, Sequence[str]] = TtlCache(_resolve_to_send, seconds=ADDRESSES_KEPT_S)
_guard = threading.Lock()
# The merchants who wait for a name just now.
_waiting: set[str] = set()
