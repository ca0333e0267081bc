"""lomi_sk_test_ + 32 base-62 characters (190 bits) + 6 of checksum.

The checksum (CRC-32 in base 62) lets a typo be refused without a query, and a leaked key be
recognised by a scanner.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
import zlib

from apps.vault.blind_index import blind_index

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 32
CHECKSUM_LENGTH = 6
SHOWN_LENGTH = 17

_FORMAT = re.compile(r"lomi_sk_(test|live)_[0-9A-Za-z]{38}\Z")


def new_key(*, livemode: bool) -> str:
    head = f"lomi_sk_{'live' if livemode else 'test'}_"
    random_part = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return head + random_part + _checksum(head + random_part)


def is_well_formed(key: str) -> bool:
    """Right shape and right checksum; says nothing of whether the key exists."""
    if not _FORMAT.match(key):
        return False
    body, checksum = key[:-CHECKSUM_LENGTH], key[-CHECKSUM_LENGTH:]
    return hmac.compare_digest(_checksum(body), checksum)


def digest_of(key: str) -> bytes:
    """What is stored and looked up: a keyed hash, 32 bytes."""
    return blind_index(key, purpose="api_key")


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    characters = []
    for _ in range(CHECKSUM_LENGTH):
        number, remainder = divmod(number, 62)
        characters.append(ALPHABET[remainder])
    return "".join(reversed(characters))
