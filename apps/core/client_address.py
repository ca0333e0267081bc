"""Where a request really comes from, also behind our own proxy."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

Address = IPv4Address | IPv6Address


def comes_through_proxy(request: HttpRequest | Request) -> bool:
    """Whether the peer is one of settings.TRUSTED_PROXIES: only then its headers are believed."""
    peer = _peer(request)
    return peer is not None and is_trusted(peer)


def client_address(request: HttpRequest | Request) -> Address | None:
    """The peer's address; of a trusted proxy, the last address in X-Forwarded-For that is no
    trusted proxy itself. None where there is none to tell, as on a Unix socket."""
    address = _peer(request)
    if address is None or not is_trusted(address):
        return address
    for text in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        named = read_address(text.strip())
        if named is None:
            return address
        address = named
        if not is_trusted(address):
            return address
    return address


def read_address(text: str) -> Address | None:
    """An address of IPv4 is one, in whatever dress a socket of both families tells it: limits would
    count all of IPv4 as one network, and no list would know it."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: Address) -> bool:
    """Whether it lies in one of settings.TRUSTED_PROXIES."""
    return any(address in ip_network(network) for network in settings.TRUSTED_PROXIES)


def _peer(request: HttpRequest | Request) -> Address | None:
    return read_address(request.META.get("REMOTE_ADDR", ""))
