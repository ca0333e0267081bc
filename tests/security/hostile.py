"""Hostile requests to any address: what strangers, programs and people could send.

The walk takes its routes from the URL map: a new one takes part by itself.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern

# As they stand in an address. %ed%a0%80 is half of a surrogate pair, %c2%85 a line's end.
VALUES = [
    "",
    "%00",
    "a%00b",
    "%0d%0aX-Injected:%201",
    "%ff",
    "%c3",
    "%ed%a0%80",
    "%c2%85",
    "%e2%80%ae",
    "%",
    "%zz",
    "%2500",
    "a" * 300,
    "a" * 10_000,
    "%c3%a9" * 300,
    "9" * 20,
    "9" * 5_000,
    "-1",
    "0",
    "1e999",
    "NaN",
    "-Infinity",
    "1.5",
    "%d9%a1%d9%a2",
    "%c2%b2",
    "2026-02-30",
    "9999-12-31",
    "10000-01-01",
    "0000-00-00",
    "0001-01-01",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00%2b23:59",
    "..%2f..%2fetc%2fpasswd",
    "%5c..%5c",
    "'%20OR%201=1--",
    "%22%3e%3cscript%3e",
    "{{7*7}}",
    "${jndi:x}",
    "%F0%9F%92%A9",
    "null",
    "[]",
    "a,b,,c",
    "http://[::1",
    "//evil.example",
    "javascript:alert(1)",
    "00000000-0000-0000-0000-000000000000",
    "pay_01m80bt719e2bv0c2pd9g3tnhg",
    "True",
    "__all__",
    "id__in",
    "%00.svg",
    "a" * 300 + ".svg",
    "examples/%00.py",
    "examples/" + "a" * 300 + ".py",
    "examples/" + "a/" * 3_000 + "a.py",
]

NAMES = [
    "limit", "starting_after", "q", "p", "o", "page", "created_after", "created_before", "status",
    "next", "language", "ticket", "after", "metadata[x]", "metadata[", "code", "state",
    "client_id", "redirect_uri", "scope", "response_type", "code_challenge", "term", "app_label",
    "model_name", "field_name", "format", "_changelist_filters", "_to_field", "_popup", "e", "all",
    "id", "id__in", "pk__contains", "user__password__startswith", "x" * 300, "%00", "%ff", "",
    "s", "extended", "lookup", "currency", "country", "phone", "amount", "types",
]  # fmt: skip

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO"]

FORM, MULTIPART, JSON = (
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
)
BOUNDED = f"{MULTIPART}; boundary=x"

BODIES: list[tuple[str, bytes]] = [
    (JSON, b""),
    (JSON, b"{"),
    (JSON, b"[" * 20_000),
    (JSON, b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    (JSON, b'{"amount":1' + b"0" * 5_000 + b"}"),
    (JSON, b'{"amount":NaN,"x":Infinity}'),
    (JSON, b'{"amount":1e999}'),
    (JSON, b'{"x":"\\u0000","\\ud800":1}'),
    (JSON, b'{"x":"\xff\xfe"}'),
    (JSON, b'{"x":1,"x":2}'),
    (JSON, b"null"),
    (JSON, b'"text"'),
    (JSON, json.dumps({"url": "http://[::1", "amount": -1, "payer": [], "metadata": "x"}).encode()),
    (JSON, json.dumps({"name": "x" * 10_000, "scopes": {"a": 1}, "payer": {"phone": 5}}).encode()),
    (f"{JSON}; charset=nonsense", b"{}"),
    (f"{JSON}; charset=utf-16", "{}".encode("utf-16")),
    ("text/plain", b"x"),
    ("", b"x"),
    ("a/b; charset=\xff", b"x"),
    ("x" * 5_000, b"x"),
    (FORM, b"%00=%00&a=%ff&b=%ed%a0%80"),
    (FORM, b"a=" + b"b" * 10_000),
    (FORM, b"&".join(b"k%d=v" % number for number in range(2_000))),
    (FORM, b"username=%00&password=%ff&next=%00"),
    (FORM, b"username=" + b"a" * 300 + b"&password=" + b"b" * 10_000),
    (FORM, b"grant_type=%00&client_id=%ff&client_secret=%00&code=%ed%a0%80&scope=%00"),
    (FORM, b"grant_type=authorization_code&code=a&code=b&client_id=%00&redirect_uri=%00"),
    (FORM, b"token=%00&client_id=" + b"a" * 10_000),
    (FORM, b"action=%00&_selected_action=%00&index=x&select_across=x"),
    (FORM, b"action=delete_selected&_selected_action=%ff&_selected_action=9e9"),
    (FORM, b"language=%00&next=%0d%0aX:%201"),
    (FORM, b"form-TOTAL_FORMS=9999999999&form-INITIAL_FORMS=-1&_save=1"),
    (FORM, b"decision=%00&accept=%00&scope=%ff"),
    (f"{FORM}; charset=nonsense", b"a=b"),
    (f"{FORM}; charset=utf-16", b"a=b"),
    (MULTIPART, b"no boundary"),
    (f"{MULTIPART}; boundary=", b"--"),
    (f"{MULTIPART}; boundary=" + "x" * 5_000, b"--x"),
    (BOUNDED, b"--x\r\n"),
    (BOUNDED, b'--x\r\nContent-Disposition: form-data; name="a\x00"\r\n\r\n\xff\r\n--x--\r\n'),
    (
        BOUNDED,
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="../\x00\xff"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
    ),
    (
        BOUNDED,
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + b"a" * 10_000 + b'"\r\n'
        b"Content-Type: text/csv; charset=nonsense\r\n\r\n\x00,\xff\r\n--x--\r\n",
    ),
]

# No server hands on a control character in a header.
HEADERS: list[dict[str, str]] = [
    {"Cookie": "sessionid=\xff\t; csrftoken=; =; a==b; messages=x"},
    {"Cookie": "sessionid=" + "a" * 10_000},
    {"Cookie": "sessionid=" + "a" * 32 + "; csrftoken=" + "\xe9" * 32 + "; django_language=%00"},
    {"Cookie": "django_language=" + "x" * 600 + '; messages="[[\\"x\\"]]"; x="\\400'},
    {"Accept-Language": "x" * 600},
    {"Accept-Language": "en;q=9e9,\xff;q=NaN,*;q=-1," + "," * 300},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer \xff\t"},
    {"Authorization": "Bearer " + "a" * 10_000},
    {"Authorization": "Bearer lomi_sk_test_\xe9"},
    {"Authorization": "Basic \xff"},
    {"Authorization": "Basic AAAA"},
    {"Authorization": "Basic " + "Og==" * 1_000},
    {"Authorization": "Digest x"},
    {"Idempotency-Key": "\t"},
    {"Idempotency-Key": "\xe9" * 300},
    {"Host": "a b"},
    {"Host": "[::1"},
    {"Host": "evil.example:99999999"},
    {"Origin": "null", "Referer": "http://[::1"},
    {"Origin": "\xff", "Referer": "\t"},
    {"Range": "bytes=9999999999999999999-", "If-Modified-Since": "Feb 30 99999"},
    {"If-None-Match": "\xff" * 300, "If-Match": '"'},
    {"Accept": "x" * 5_000, "Accept-Encoding": "\xff", "Accept-Charset": "x"},
    {"X-Forwarded-For": "\xff, 1.2.3.4.5", "X-Forwarded-Proto": "\t", "Forwarded": "for=\t"},
    {"X-Client-Certificate": "%00%ff-----BEGIN CERTIFICATE-----"},
    {"X-Requested-With": "XMLHttpRequest", "X-CSRFToken": "\t"},
    {"Last-Event-ID": "\t\xff", "Upgrade": "websocket", "Connection": "Upgrade"},
    {"Content-Length": "-1"},
    {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"},
    {"X-HTTP-Method-Override": "DELETE"},
]


@dataclass(frozen=True)
class Hostile:
    method: str
    address: str
    content_type: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        sent = f"{self.content_type[:40]} {self.body[:80]!r} {str(dict(self.headers))[:120]}"
        return f"{self.method} {self.address[:200]} {sent}"


def routes() -> list[str]:
    """Every address of the URL map, its parameters as <name>."""
    return sorted(set(map(_plain, _walk(get_resolver().url_patterns))))


def attack(
    route: str,
    *,
    known: Mapping[str, Sequence[str]],
    names: Sequence[str],
    actions: Sequence[str],
    seed: int,
) -> Iterator[Hostile]:
    """Endless hostile requests to a route.

    Args:
        known: parameter -> values that lead to something.
        names: further query parameters that the page reads.
        actions: what can be done to rows chosen in a list.
    """
    chance = random.Random(f"{seed} {route}")
    own_names = [*NAMES, *names, *names]

    def address(is_known: bool) -> str:
        def value(match: re.Match[str]) -> str:
            good = known.get(match[1])
            return chance.choice(good) if good and is_known else chance.choice(VALUES)

        return "/" + re.sub(r"<(\w+)>", value, route)

    def query() -> str:
        pairs = [
            f"{chance.choice(own_names)}={chance.choice(VALUES)}"
            for _ in range(chance.choice((1, 1, 1, 2, 3)))
        ]
        if chance.random() < 0.1:
            pairs *= 2
        return "?" + "&".join(pairs)

    while True:
        yield Hostile("GET", address(is_known=False))
        yield Hostile("GET", address(is_known=True) + query())
        yield Hostile("GET", address(is_known=True) + query())
        yield Hostile("GET", address(is_known=True), headers=chance.choice(HEADERS))
        content_type, body = chance.choice(BODIES)
        yield Hostile("POST", address(is_known=True), content_type, body)
        content_type, body = chance.choice(BODIES)
        yield Hostile(
            chance.choice(METHODS),
            address(is_known=chance.random() < 0.7) + (query() if chance.random() < 0.5 else ""),
            content_type,
            body,
            chance.choice(HEADERS) if chance.random() < 0.5 else {},
        )
        form = "&".join(f"{name}={chance.choice(VALUES)}" for name in chance.sample(own_names, 8))
        yield Hostile("POST", address(is_known=True), FORM, form.encode())
        if actions:
            chosen = "&".join(f"_selected_action={chance.choice(VALUES)}" for _ in range(2))
            form = (
                f"action={chance.choice(actions)}&{chosen}&post=yes&index={chance.choice(VALUES)}"
            )
            yield Hostile("POST", address(is_known=True) + query(), FORM, form.encode())


def _walk(patterns: Sequence[Any], prefix: str = "") -> Iterator[str]:
    for each in patterns:
        address = prefix + str(each.pattern).lstrip("^")
        if isinstance(each, URLPattern):
            yield address
        else:
            yield from _walk(each.url_patterns, address)


def _plain(address: str) -> str:
    address = re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", address))
    return address.replace("$", "").replace("\\Z", "").replace("\\.", ".")
