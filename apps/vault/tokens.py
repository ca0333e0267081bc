"""Tokens nobody can guess, which carry an id: the path of a callback URL or of a return page.

52 characters of lower-case base 32: the 16 bytes of the id and a 16-byte tag. Base 32, because some
gateways change the case of a URL.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from functools import cache
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.signals import setting_changed

TAG_BYTES = 16
LENGTH = 52
PADDING = "===="


def sign_token(purpose: str, value: UUID) -> str:
    """A token for this id and purpose ("callback", "return_page"); always the same one."""
    return _token(_keys(purpose)[0], value)


def read_token(purpose: str, token: str) -> UUID | None:
    """The id, or None when the token was not made by `sign_token` for this purpose.

    Tokens signed under a key of SECRET_KEY_FALLBACKS still open: callbacks come days later.
    """
    if len(token) != LENGTH or not token.isascii():
        return None
    token = token.lower()
    try:
        raw = base64.b32decode(token + PADDING, casefold=True)
    except binascii.Error:
        return None
    value = UUID(bytes=raw[:16])
    # Whole tokens are compared, so that the unused bits of the last character count too.
    matches = [hmac.compare_digest(_token(key, value), token) for key in _keys(purpose)]
    return value if any(matches) else None


def _token(key: bytes, value: UUID) -> str:
    tag = hmac.digest(key, value.bytes, "sha256")[:TAG_BYTES]
    return base64.b32encode(value.bytes + tag).decode("ascii").rstrip("=").lower()


@cache
def _keys(purpose: str) -> tuple[bytes, ...]:
    """The signing key, then those of former secrets."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    info = b"lomi token: " + purpose.encode()
    return tuple(
        HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(
            secret if isinstance(secret, bytes) else secret.encode()
        )
        for secret in secrets
    )


def _forget(*, setting: str, **_: object) -> None:
    if setting in {"SECRET_KEY", "SECRET_KEY_FALLBACKS"}:
        _keys.cache_clear()


setting_changed.connect(_forget)  # Sent by tests only.
