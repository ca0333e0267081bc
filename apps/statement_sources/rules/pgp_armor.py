"""Messages of OpenPGP as text ("-----BEGIN PGP MESSAGE-----"), and the bytes they stand for."""

from __future__ import annotations

import base64
import binascii
import io
from typing import BinaryIO, cast

from apps.statement_sources.rules.pgp_problems import (
    DAMAGED,
    SIGNATURE_FORM,
    TRAILING_DATA,
    TRUNCATED,
    TWO_MESSAGES,
    MessageRefused,
)

BEGIN = b"-----BEGIN PGP MESSAGE-----"
END = b"-----END PGP MESSAGE-----"
OTHER_FORMS = (b"-----BEGIN PGP SIGNED MESSAGE-----", b"-----BEGIN PGP SIGNATURE-----")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Writers break lines after 64 or 76 characters.
LINE_BYTES_MAX = 1024
# Of "Version: …", "Comment: …" before the blank line.
HEADINGS_MAX = 20
AT_ONCE = 1 << 16


def dearmor(file: BinaryIO, target: BinaryIO) -> bool:
    """The bytes of a message in armor are written to `target`; False: it is in none.

    The checksum of the armor is passed over: it protects nothing, and newer writers leave it out.

    Raises MessageRefused: it is not one message, whole, and nothing else.
    """
    file.seek(0)
    buffered = io.BufferedReader(cast(io.RawIOBase, file))
    lines = cast(BinaryIO, buffered)
    try:
        first = _line(lines).removeprefix(BYTE_ORDER_MARK).strip()
        if first in OTHER_FORMS:
            raise MessageRefused(SIGNATURE_FORM)
        if first != BEGIN:
            return False
        for _number in range(HEADINGS_MAX):
            if not _line(lines).strip():
                break
        else:
            raise MessageRefused(DAMAGED)
        _decode(lines, target)
        _check_nothing_follows(lines)
    finally:
        buffered.detach()
    return True


def _decode(lines: BinaryIO, target: BinaryIO) -> None:
    held, is_padded = bytearray(), False
    while (line := _line(lines, or_end=True).strip()) != END:
        if line[:1] == b"=" and len(line) == 5:
            continue
        if is_padded or not line:
            raise MessageRefused(DAMAGED)
        is_padded = line.endswith(b"=")
        held += line
        if len(held) >= AT_ONCE:
            whole = len(held) - len(held) % 4
            target.write(_bytes(held[:whole]))
            del held[:whole]
    target.write(_bytes(held))


def _bytes(text: bytes | bytearray) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise MessageRefused(DAMAGED) from error


def _check_nothing_follows(lines: BinaryIO) -> None:
    while chunk := lines.readline(LINE_BYTES_MAX):
        if chunk.startswith(b"-----BEGIN PGP "):
            raise MessageRefused(TWO_MESSAGES)
        if chunk.strip():
            raise MessageRefused(TRAILING_DATA)


def _line(lines: BinaryIO, *, or_end: bool = False) -> bytes:
    line = lines.readline(LINE_BYTES_MAX + 1)
    if or_end and not line:
        raise MessageRefused(TRUNCATED)
    if or_end and len(line) > LINE_BYTES_MAX:
        raise MessageRefused(DAMAGED)
    return line
