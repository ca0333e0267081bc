"""Web addresses as every rail takes them: plain ASCII."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna

from apps.providers.contract import FailureCode, NotSent

LENGTH_MAX = 500
HOST_LENGTH_MAX = 253
STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# A host that ends so is an IPv4 address or nothing. Source: the URL standard, "ends in a number".
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def ascii_url(url: str) -> str:
    """The same address with its name in punycode and its path and query percent-encoded.

    Raises ValueError, in words for whoever wrote it, if it is no http(s) address or would be
    longer than 500 characters.
    """
    if any(character <= " " or character in "\\\x7f" for character in url):
        raise ValueError("It has a space, a control character or a backslash.")
    try:
        url.encode()
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("It is not a web address.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("It must begin with https:// and name a host.")
    if "@" in parts.netloc:
        raise ValueError("It must not hold a user name or password.")
    if port == 0:
        raise ValueError("Its port is not a number from 1 to 65535.")
    host = _ascii_host(parts)
    netloc = host if port is None else f"{host}:{port}"
    # "%" stays: what is encoded already is not encoded twice.
    path, query, fragment = (
        quote(STRAY_PERCENT.sub("%25", part), safe="/%:@!$&'()*+,;=~?")
        for part in (parts.path, parts.query, parts.fragment)
    )
    written = urlunsplit((parts.scheme, netloc, path, query, fragment))
    if len(written) > LENGTH_MAX:
        raise ValueError(f"It may have {LENGTH_MAX} characters at most, percent-encoded.")
    return written


def is_web_url(value: object) -> bool:
    """Whether a browser can be sent there, and the platform keep it: no javascript:, no data:."""
    if not isinstance(value, str) or len(value) > LENGTH_MAX:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc)


def sendable_url(url: str, *, provider: str) -> str:
    """As `ascii_url`, of an address that a provider is to be given. Raises NotSent: whoever wrote
    it must mend it, no second try will."""
    try:
        return ascii_url(url)
    except ValueError as error:
        raise NotSent(
            f"{provider} cannot be given this address: {error}",
            failure_code=FailureCode.CONFIGURATION,
        ) from error


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    try:
        if parts.netloc.startswith("["):
            address = IPv6Address(host)
            if address.scope_id is not None:
                raise ValueError
            return f"[{address}]"
        # idna says so with a ValueError too.
        name = host if host.isascii() else idna.encode(host, uts46=True).decode()
        labels = name.removesuffix(".").split(".")
        if NUMBER.fullmatch(labels[-1]):
            return str(IPv4Address(name))
    except ValueError:
        raise ValueError("Its host is not a domain name or an address.") from None
    if len(name) > HOST_LENGTH_MAX or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError("Its host is not a domain name.")
    return name
