"""Ids: UUIDv7 in the database, `prefix_` + 26 base-32 characters outside.

Version 7 begins with the time, so rows made later sort later and indexes grow at one end; where
the id is made of the row's own `created_at`, a range of time is a range of ids. Their last bit says
whether they were made within a trace: whoever works on one later looks for no other's.
Alphabet: Crockford's, lower case (no i, l, o, u): it survives being read aloud.
"""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils
import uuid_utils.compat

from apps.core.tracing import is_recording

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26  # 128 bits, 5 a character

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
# Ten bits at a time: every answer and event is full of ids.
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_SHIFTS = range(5 * LENGTH - 10, -1, -10)

# (millisecond, count within it) of the newest id that `new_id_at` made.
_newest = (0, 0)
_guard = threading.Lock()
_CHANCE = (1 << 61) - 1


class InvalidPublicId(ValueError):
    """Not an id of this kind."""


def new_id() -> UUID:
    """A new UUIDv7; ids made by one process never run backwards."""
    value = uuid_utils.compat.uuid7()
    return value if is_traced_id(value) == is_recording() else UUID(int=value.int ^ 1)


def is_traced_id(value: UUID) -> bool:
    """Whether a trace may lead to it; of ids that others made half say so."""
    return bool(value.int & 1)


def new_id_text() -> str:
    """The same as PostgreSQL writes it, in half the time: a file has a million lines."""
    return str(uuid_utils.uuid7())


def first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of this millisecond: rows made from then on have larger ids."""
    milliseconds = max(0, int(moment.timestamp() * 1000))
    return UUID(int=(milliseconds << 80) | (7 << 76) | (2 << 62))


def made_at(value: UUID) -> datetime:
    """When this UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


def new_id_at(at: datetime, *, name: bytes = b"") -> UUID:
    """A new UUIDv7 of this instant; ids of one instant made by one process rise.

    Source: RFC 9562, 5.7 and 6.2 (method 1: the twelve bits after the time count).

    Args:
        name: bytes of chance that are always the same for the same thing, at least eight: ids that
            are made of them have the same `name_of`. Left out, every id has another.
    """
    global _newest
    millisecond = int(at.timestamp() * 1000)
    with _guard:
        count = _newest[1] + 1 if _newest[0] == millisecond else secrets.randbelow(1 << 10)
        _newest = (millisecond, count)
    # A count that does not fit borrows from the next millisecond.
    stamp = (millisecond << 12) + count
    head = ((stamp >> 12) << 16) | (7 << 12) | (stamp & 0xFFF)
    chance = int.from_bytes(name[:8]) & _CHANCE if name else secrets.randbits(61)
    return UUID(int=(head << 64) | (0b10 << 62) | (chance << 1) | is_recording())


def name_of(value: UUID) -> int:
    """What of a UUIDv7 is neither its time nor its count, nor says whether it is traced."""
    return (value.int >> 1) & _CHANCE


def encode_id(prefix: str, value: UUID) -> str:
    """encode_id("pay", …) is "pay_01jd…"."""
    number = value.int
    return f"{prefix}_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])


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


def sql_digits(sent: str) -> str:
    """SQL for what follows the prefix in a public id. `sent` is a column of uuid_send(id), made
    beforehand, for it is read forty times."""
    digits = []
    for n in reversed(range(LENGTH)):
        # The five bits that begin n * 5 bits from the end; they lie in one byte or in two.
        last, shift = divmod(n * 5, 8)
        bits = f"(get_byte({sent}, {15 - last}) >> {shift})"
        if shift > 3 and last < 15:
            bits += f" | (get_byte({sent}, {14 - last}) << {8 - shift})"
        digits.append(f"substr('{ALPHABET}', (({bits}) & 31) + 1, 1)")
    return " || ".join(digits)
