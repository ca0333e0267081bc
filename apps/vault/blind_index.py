"""Exact search over encrypted text: a keyed digest stored beside it."""

from __future__ import annotations

import base64
import binascii
import hmac
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed

KEY_BYTES_MIN = 32


class InvalidIndexKey(ValueError):
    """VAULT_INDEX_KEY is not base64 of at least 32 bytes."""


def blind_index(value: str, *, purpose: str) -> bytes:
    """32 bytes, always the same for the same value and purpose; without the key, noise.

    Normalise first: the same number written two ways has two indexes. Equal values are visible as
    equal within one purpose ("payer_msisdn"), unrelated across purposes. Raises InvalidIndexKey.
    """
    return hmac.digest(_key(purpose), value.encode("utf-8", "surrogatepass"), "sha256")


@cache
def _key(purpose: str) -> bytes:
    try:
        root = base64.b64decode(settings.VAULT_INDEX_KEY, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidIndexKey("VAULT_INDEX_KEY is not base64") from None
    if len(root) < KEY_BYTES_MIN:
        raise InvalidIndexKey(f"VAULT_INDEX_KEY has {len(root)} bytes, fewer than {KEY_BYTES_MIN}")
    return hmac.digest(root, b"lomi blind index: " + purpose.encode(), "sha256")


def _forget(*, setting: str, **_: object) -> None:
    if setting == "VAULT_INDEX_KEY":
        _key.cache_clear()


setting_changed.connect(_forget)  # Sent by tests only.
