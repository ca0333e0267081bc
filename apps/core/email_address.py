from __future__ import annotations

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

# No mail server takes a longer one (RFC 5321, 4.5.3.1.3).
LENGTH_MAX = 254


def plain_address(text: str) -> str:
    """The address as mail servers know it, its domain in punycode: whoever is shown it sees which
    one it is, whatever its letters look like.

    Raises ValueError: it is none, or one that no header can bear.
    """
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError("no address") from None
    name, _, domain = text.rpartition("@")
    # Between quotes nearly anything may stand: control characters, too.
    if name.startswith('"'):
        raise ValueError("quoted")
    if not domain.isascii():
        # idna says with a ValueError what cannot be.
        domain = idna.encode(domain, uts46=True).decode()
    written = f"{name}@{domain}"
    if len(written) > LENGTH_MAX:
        raise ValueError("too long")
    return written
