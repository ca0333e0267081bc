"""lomi_sk_test_ + 32 base-62 characters (190 bits) + 6 of checksum; lomi_rk_ when restricted.

The checksum (CRC-32 in base 62) lets a typo be refused without a query, and a leaked key be
recognised by a scanner.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
import zlib

from apps.merchants.models import ApiKey
from apps.vault.blind_index import blind_index

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 32
CHECKSUM_LENGTH = 6
SHOWN_LENGTH = 17

# What finds a key in any text, for scanners of repositories and logs; published in the guide.
SCANNER = r"\blomi_[sr]k_(?:test|live)_[0-9A-Za-z]{38}\b"

_FORMAT = re.compile(r"lomi_[sr]k_(test|live)_[0-9A-Za-z]{38}\Z")
_KINDS = {ApiKey.Kind.SECRET: "sk", ApiKey.Kind.RESTRICTED: "rk"}


def new_key(*, kind: str = ApiKey.Kind.SECRET, livemode: bool) -> str:
    head = f"lomi_{_KINDS[ApiKey.Kind(kind)]}_{'live' if livemode else 'test'}_"
    random_part = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return head + random_part + checksum_of(head + random_part)


def is_well_formed(key: str) -> bool:
    """Right shape and right checksum; says nothing of whether the key exists."""
    if not _FORMAT.match(key):
        return False
    body, checksum = key[:-CHECKSUM_LENGTH], key[-CHECKSUM_LENGTH:]
    return hmac.compare_digest(checksum_of(body), checksum)


def digest_of(key: str) -> bytes:
    """What is stored and looked up: a keyed hash, 32 bytes."""
    return blind_index(key, purpose="api_key")


def checksum_of(text: str) -> str:
    number = zlib.crc32(text.encode())
    characters = []
    for _ in range(CHECKSUM_LENGTH):
        number, remainder = divmod(number, 62)
        characters.append(ALPHABET[remainder])
    return "".join(reversed(characters))
