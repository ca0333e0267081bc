"""The answer to a refresh, kept for a moment so that only who has the refresh token can read it.

Encrypted under a key made of the token's own text, of which we keep a SHA-256 alone: whoever holds
the database, and our keys, reads nothing.
"""

from __future__ import annotations

import json
import os
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


def encrypt_pair(pair: dict[str, Any], *, refresh_token: str, row_id: UUID) -> bytes:
    """The pair that this refresh token, kept in that row, was exchanged for."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(refresh_token, row_id).encrypt(nonce, json.dumps(pair).encode(), None)


def decrypt_pair(
    encrypted: bytes | memoryview, *, refresh_token: str, row_id: UUID
) -> dict[str, Any] | None:
    """The pair again; None if it is not what was encrypted for this token and row."""
    data = bytes(encrypted)
    try:
        text = _cipher(refresh_token, row_id).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None)
    except InvalidTag:
        return None
    pair: dict[str, Any] = json.loads(text)
    return pair


def _cipher(refresh_token: str, row_id: UUID) -> AESGCM:
    # 190 random bits need no slow derivation.
    key = HKDF(SHA256(), length=32, salt=row_id.bytes, info=b"oauth_refreshtoken.answer")
    return AESGCM(key.derive(refresh_token.encode()))
