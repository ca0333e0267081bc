"""Which headers of a callback are kept: those its connector reads, and what names the request."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

# Of any provider: what its support asks for. Never credentials: nobody reads them afterwards.
ALWAYS_KEPT = ("date", "user-agent", "x-request-id")
# Of a provider that proves itself by a secret: compared by its digest, and never kept itself.
DIGESTED = "authorization"
COUNT_MAX = 20
VALUE_LENGTH_MAX = 2_000
LENGTH_MAX = 8_000


def kept_headers(headers: Mapping[str, str], *, read: Collection[str]) -> dict[str, str]:
    """Those of `headers` in `read` and of ALWAYS_KEPT, by lower-case name, within the bounds.

    One that is too long is left out whole: a signature that was cut signs nothing.
    """
    by_name = {name.lower(): value for name, value in headers.items()}
    kept: dict[str, str] = {}
    length = 0
    # What is read goes first.
    for name in [*read, *ALWAYS_KEPT][:COUNT_MAX]:
        value = by_name.get(name)
        if value is None or len(value) > VALUE_LENGTH_MAX:
            continue
        if length + len(name) + len(value) > LENGTH_MAX:
            continue
        kept[name] = hashlib.sha256(value.encode()).hexdigest() if name == DIGESTED else value
        length += len(name) + len(value)
    return kept
