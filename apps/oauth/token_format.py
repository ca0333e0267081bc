"""Prefix + 32 base-62 characters (190 bits) + 6 of checksum, like API keys.

The checksum lets a typo be refused without a query, and a leaked token be recognised.
"""

from __future__ import annotations

import hmac
import re
import secrets

from apps.merchants.api_key_format import (
    ALPHABET,
    CHECKSUM_LENGTH,
    RANDOM_LENGTH,
    checksum_of,
)
from apps.vault.blind_index import blind_index

ACCESS_TOKEN = "lomi_at_"  # noqa: S105 (a prefix, no secret)
REFRESH_TOKEN = "lomi_rt_"  # noqa: S105
CLIENT_SECRET = "lomi_cs_"  # noqa: S105

_TAIL = re.compile(rf"[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}\Z")


def new_text(prefix: str) -> str:
    text = prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return text + checksum_of(text)


def is_well_formed(prefix: str, text: str) -> bool:
    """Right shape and right checksum; says nothing of whether it exists."""
    if not text.startswith(prefix) or not _TAIL.match(text, len(prefix)):
        return False
    return hmac.compare_digest(checksum_of(text[:-CHECKSUM_LENGTH]), text[-CHECKSUM_LENGTH:])


def secret_digest(secret: str) -> str:
    """What is kept of a client secret."""
    return blind_index(secret, purpose="oauth_client_secret").hex()


def code_digest(code: str) -> bytes:
    """What is kept of an authorization code."""
    return blind_index(code, purpose="oauth_code")
