"""Personal data at rest: AES-256-GCM, bound to its row and column.

Encrypted: version (1 byte), length of the key id (1), key id, nonce (12), ciphertext and tag (16).
Also authenticated: version, key id, context, row id. A copy in another place does not open.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.vault.key_ring import current_key_ring

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16


class DecryptionFailed(Exception):
    """Altered, cut, or encrypted for another row, column or version."""


class EncryptionKeyMissing(Exception):
    """Encrypted under a key that is not on the ring: it was removed too early."""


def encrypt(plaintext: str, *, context: str, row_id: UUID, key_id: str = "") -> bytes:
    """Encrypt under the current key. Any text, lone surrogates included, comes back the same.

    Nonces are random: rotate long before one key has encrypted 2**32 texts (NIST SP 800-38D, 8.3).

    Args:
        context: table and column, e.g. "payments_payment.payer_msisdn".
        key_id: another key of the ring.
    """
    ring = current_key_ring()
    key_id = key_id or ring.current_id
    header = _header(key_id)
    nonce = os.urandom(NONCE_BYTES)
    ciphertext = _cipher(ring.keys[key_id]).encrypt(
        nonce,
        plaintext.encode("utf-8", "surrogatepass"),
        header + context.encode() + row_id.bytes,
    )
    return header + nonce + ciphertext


def encrypt_all(
    plaintexts: Sequence[str | None], *, context: str, row_ids: Sequence[UUID]
) -> list[bytes | None]:
    """The same of one column of many rows, where most of the time went into everything but the
    cipher. None stays None."""
    ring = current_key_ring()
    header, cipher = _header(ring.current_id), _cipher(ring.keys[ring.current_id])
    place = header + context.encode()
    nonces = os.urandom(NONCE_BYTES * len(plaintexts))
    found: list[bytes | None] = []
    for index, (plaintext, row_id) in enumerate(zip(plaintexts, row_ids, strict=True)):
        if plaintext is None:
            found.append(None)
            continue
        nonce = nonces[NONCE_BYTES * index : NONCE_BYTES * (index + 1)]
        data = plaintext.encode("utf-8", "surrogatepass")
        found.append(header + nonce + cipher.encrypt(nonce, data, place + row_id.bytes))
    return found


def decrypt(encrypted: bytes | memoryview, *, context: str, row_id: UUID) -> str:
    """The text that was encrypted for this context and row.

    Raises:
        DecryptionFailed: it is not what was encrypted here.
        EncryptionKeyMissing: the message names the key id.
    """
    data = bytes(encrypted)
    if len(data) < 2 or data[0] != VERSION:
        raise DecryptionFailed("not a encrypted text of a known version")
    header_end = 2 + data[1]
    nonce_end = header_end + NONCE_BYTES
    if len(data) < nonce_end + TAG_BYTES:
        raise DecryptionFailed("cut short")
    key_id = data[2:header_end].decode("ascii", "replace")
    key = current_key_ring().keys.get(key_id)
    if key is None:
        raise EncryptionKeyMissing(f"no key {key_id!r} on the ring")
    try:
        plaintext = _cipher(key).decrypt(
            data[header_end:nonce_end],
            data[nonce_end:],
            data[:header_end] + context.encode() + row_id.bytes,
        )
    except InvalidTag:
        raise DecryptionFailed(f"altered, or not encrypted for this {context}") from None
    return plaintext.decode("utf-8", "surrogatepass")


def key_id_of(encrypted: bytes | memoryview) -> str | None:
    """The id of the key that `encrypted` needs; None of what was not encrypted."""
    data = bytes(encrypted)
    if len(data) < 2 or data[0] != VERSION or len(data) < 2 + data[1] + NONCE_BYTES + TAG_BYTES:
        return None
    return data[2 : 2 + data[1]].decode("ascii", "replace")


@cache
def _header(key_id: str) -> bytes:
    return bytes([VERSION, len(key_id)]) + key_id.encode("ascii")


@cache
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)
