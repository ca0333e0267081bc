"""Heads of the chain, kept where whoever writes to the database does not reach."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import unquote, urlsplit

import requests
from django.core.mail import send_mail

from apps.audit.chain import Anchor

# As a file, a mail or a log line has it.
WRITTEN = re.compile(r"\b(\d+)(?::| chain_hash=)([0-9a-f]{64})\b")
SUBJECT = "Head of the audit chain"
TIMEOUT_S = (3, 5)


class AnchorNotKept(Exception):
    """A place did not take it."""


def keep(line: str, place: str) -> None:
    """Write one line to file:///path, mailto:address or https://….

    Raises:
        AnchorNotKept, OSError: it is not there.
    """
    url = urlsplit(place)
    if url.scheme == "file":
        _append(line, unquote(url.path))
    elif url.scheme == "mailto":
        send_mail(SUBJECT, f"{line}\n", None, [unquote(url.path)])
    elif url.scheme in {"https", "http"}:
        try:
            answer = requests.post(
                place, data=f"{line}\n", timeout=TIMEOUT_S, allow_redirects=False, stream=True
            )
        except requests.RequestException as error:
            # Its text would tell the whole address.
            raise AnchorNotKept(type(error).__name__) from None
        answer.close()
        if not 200 <= answer.status_code < 300:
            raise AnchorNotKept(f"answered {answer.status_code}")
    else:
        raise AnchorNotKept("neither file:///…, mailto:… nor https://…")


def shown(place: str) -> str:
    """Which place, without what opens it."""
    url = urlsplit(place)
    return f"{url.scheme}:{url.hostname or url.path}"


def written(anchor: Anchor, *, now: datetime) -> str:
    """One line: when, position, hash."""
    return f"{now:%Y-%m-%dT%H:%M:%SZ} {anchor.position}:{anchor.chain_hash.hex()}"


def read(lines: Iterable[str]) -> Iterator[Anchor]:
    """Every anchor in a text, whatever else stands there."""
    for line in lines:
        for found in WRITTEN.finditer(line):
            yield Anchor(int(found[1]), bytes.fromhex(found[2]))


def _append(line: str, path: str) -> None:
    # A file that may only be appended to (chattr +a) is no trouble.
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(number, f"{line}\n".encode())
        os.fsync(number)
    finally:
        os.close(number)
