"""Ids: UUIDv7 in the database, `prefix_` + 26 base-32 characters outside.

Version 7 begins with the time, so rows made later sort later and indexes grow at one end.
Alphabet: Crockford's, lower case (no i, l, o, u): it survives being read aloud.
"""

from __future__ import annotations

from uuid import UUID

import uuid_utils.compat

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26  # 128 bits, 5 a character

_VALUES = {character: value for value, character in enumerate(ALPHABET)}


class InvalidPublicId(ValueError):
    """Not an id of this kind."""


def new_id() -> UUID:
    """A new UUIDv7; ids made by one process never run backwards."""
    return uuid_utils.compat.uuid7()


def encode_id(prefix: str, value: UUID) -> str:
    """encode_id("pay", …) is "pay_01jd…"."""
    number = value.int
    characters = []
    for _ in range(LENGTH):
        number, remainder = divmod(number, 32)
        characters.append(ALPHABET[remainder])
    return f"{prefix}_{''.join(reversed(characters))}"


def decode_id(prefix: str, text: str) -> UUID:
    """The UUID behind a public id; raises InvalidPublicId for any other text."""
    head, separator, tail = text.partition("_")
    if head != prefix or not separator or len(tail) != LENGTH:
        raise InvalidPublicId(text)
    number = 0
    for character in tail:
        if character not in _VALUES:
            raise InvalidPublicId(text)
        number = number * 32 + _VALUES[character]
    if number >= 1 << 128:
        raise InvalidPublicId(text)
    return UUID(int=number)
