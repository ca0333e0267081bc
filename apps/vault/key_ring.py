"""The keys that encrypt personal data: the first of VAULT_KEYS encrypts, all of them open."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from django.conf import settings
from django.core.signals import setting_changed

KEY_BYTES = 32  # AES-256

# Shorter than any key: a key put where its id belongs is not taken for an id, and not printed.
KEY_ID = re.compile(r"[a-z0-9_-]{1,16}")


class InvalidKeyRing(ValueError):
    """VAULT_KEYS cannot be read. The message names the entry or the key id, never the key."""


@dataclass(frozen=True)
class KeyRing:
    """Keys of 32 bytes by id; `current_id` is the one that encrypts. An id is never used again."""

    current_id: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> KeyRing:
        """Read "k2:<base64 of 32 bytes>,k1:<base64 of 32 bytes>"; the first is the current one.

        Raises InvalidKeyRing.
        """
        keys: dict[str, bytes] = {}
        for position, entry in enumerate(text.split(","), start=1):
            key_id, separator, encoded = entry.strip().partition(":")
            if not separator or not KEY_ID.fullmatch(key_id):
                raise InvalidKeyRing(f"entry {position} is not id:key (id: 1 to 16 of a-z 0-9 _ -)")
            if key_id in keys:
                raise InvalidKeyRing(f"key {key_id} is given twice")
            keys[key_id] = _key(key_id, encoded)
        return cls(current_id=next(iter(keys)), keys=MappingProxyType(keys))


@cache
def current_key_ring() -> KeyRing:
    """The ring of settings.VAULT_KEYS, read once. Raises InvalidKeyRing."""
    return KeyRing.from_text(settings.VAULT_KEYS)


def _key(key_id: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidKeyRing(f"key {key_id} is not base64") from None
    if len(key) != KEY_BYTES:
        raise InvalidKeyRing(f"key {key_id} has {len(key)} bytes, not {KEY_BYTES}")
    return key


def _forget(*, setting: str, **_: object) -> None:
    if setting == "VAULT_KEYS":
        current_key_ring.cache_clear()


setting_changed.connect(_forget)  # Sent by tests only.
