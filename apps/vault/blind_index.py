"""Exact search over encrypted text: a keyed digest stored beside it.

Secrets of our own making are kept as such digests too. They cannot be guessed even by who has the
key, so theirs, VAULT_INDEX_KEY, never changes; numbers can, so the keys of what is searched do.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from django.conf import settings
from django.core.signals import setting_changed

from apps.vault.key_ring import InvalidKeyRing, KeyRing

KEY_BYTES_MIN = 32
# In VAULT_SEARCH_KEYS it stands for VAULT_INDEX_KEY, which was the only one once.
INDEX_KEY = "index"
# With "search/" before it, it names a canary.
ID_LENGTH_MAX = 9
# SHA-256 reads so many bytes at a time; what RFC 2104 mixes into the key.
_BLOCK_BYTES = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class InvalidIndexKey(ValueError):
    """VAULT_INDEX_KEY or VAULT_SEARCH_KEYS cannot be read; which, and never the key."""


def blind_index(value: str, *, purpose: str) -> bytes:
    """32 bytes, always the same for the same value and purpose; without the key, noise.

    Equal values are visible as equal within one purpose ("api_key"), unrelated across purposes.
    Raises InvalidIndexKey.
    """
    return _digest(_index_key(), value, purpose)


def search_index(value: str, *, purpose: str, key_id: str = "") -> bytes:
    """The blind index to keep beside what is searched for by `value`, under the current key.

    Normalise first: the same number written two ways has two indexes. Raises InvalidIndexKey.

    Args:
        key_id: another of search_keys().
    """
    keys = search_keys()
    return _digest(keys[key_id or next(iter(keys))], value, purpose)


def search_indexes(value: str, *, purpose: str) -> list[bytes]:
    """Every blind index by which `value` may have been kept, the current one first."""
    return [search_index(value, purpose=purpose, key_id=key_id) for key_id in search_keys()]


@cache
def search_keys() -> Mapping[str, bytes]:
    """The keys of settings.VAULT_SEARCH_KEYS by id, the current one first. Raises
    InvalidIndexKey."""
    keys: dict[str, bytes] = {}
    for entry in settings.VAULT_SEARCH_KEYS.split(","):
        if entry.strip() == INDEX_KEY:
            found = {INDEX_KEY: _index_key()}
        else:
            try:
                found = dict(KeyRing.from_text(entry).keys)
                if INDEX_KEY in found:
                    raise InvalidKeyRing("index stands without a key")
            except InvalidKeyRing as fault:
                raise InvalidIndexKey(f"VAULT_SEARCH_KEYS cannot be read: {fault}") from None
        (key_id,) = found
        if key_id in keys or len(key_id) > ID_LENGTH_MAX:
            raise InvalidIndexKey(f"VAULT_SEARCH_KEYS: {key_id} is given twice or too long an id")
        keys |= found
    return MappingProxyType(keys)


def _digest(key: bytes, value: str, purpose: str) -> bytes:
    # HMAC-SHA-256 (RFC 2104) with its padded keys kept: hmac.digest takes twice as long for a value
    # as short as ours, and a list of payees has a million.
    inner, outer = _of_purpose(key, purpose)
    hashed = hashlib.sha256(inner + value.encode("utf-8", "surrogatepass")).digest()
    return hashlib.sha256(outer + hashed).digest()


@cache
def _of_purpose(key: bytes, purpose: str) -> tuple[bytes, bytes]:
    """The purpose's key as HMAC's inner and outer hash begin with it."""
    derived = hmac.digest(key, b"lomi blind index: " + purpose.encode(), "sha256")
    padded = derived.ljust(_BLOCK_BYTES, b"\0")
    return padded.translate(_INNER), padded.translate(_OUTER)


@cache
def _index_key() -> bytes:
    try:
        key = base64.b64decode(settings.VAULT_INDEX_KEY, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidIndexKey("VAULT_INDEX_KEY is not base64") from None
    if len(key) < KEY_BYTES_MIN:
        raise InvalidIndexKey(f"VAULT_INDEX_KEY has {len(key)} bytes, fewer than {KEY_BYTES_MIN}")
    return key


def _forget(*, setting: str, **_: object) -> None:
    if setting in {"VAULT_INDEX_KEY", "VAULT_SEARCH_KEYS"}:
        _index_key.cache_clear()
        search_keys.cache_clear()


setting_changed.connect(_forget)  # Sent by tests only.
