"""Web addresses as every rail takes them: plain ASCII."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

import idna

LENGTH_MAX = 500
STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


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
    host = _ascii_host(parts.hostname)
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


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        return host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError("Its host is not a domain name.") from None
