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
    return peer is not None and _is_trusted(peer)


def client_address(request: HttpRequest | Request) -> Address | None:
    """The peer's address; of a trusted proxy, the last address in X-Forwarded-For that is no
    trusted proxy itself. None where there is none to tell, as on a Unix socket."""
    address = _peer(request)
    if address is None or not _is_trusted(address):
        return address
    for text in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        try:
            address = ip_address(text.strip())
        except ValueError:
            return address
        if not _is_trusted(address):
            return address
    return address


def _peer(request: HttpRequest | Request) -> Address | None:
    try:
        return ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None


def _is_trusted(address: Address) -> bool:
    return any(address in ip_network(network) for network in settings.TRUSTED_PROXIES)
