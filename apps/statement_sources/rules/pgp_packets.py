"""What an OpenPGP message is made of (RFC 9580), and that nothing stands before or after it.

GnuPG passes over what follows a compressed message in silence. Whoever wants a file to be one
message, and all of it, has to look by itself.
"""

from __future__ import annotations

import bz2
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from apps.statement_sources.rules.pgp_problems import (
    CLEARTEXT,
    DAMAGED,
    NOT_ENCRYPTED,
    NOT_SIGNED,
    OPENED_TOO_LARGE,
    OTHER_RECIPIENT,
    SIGNATURE_FORM,
    TRAILING_DATA,
    TRUNCATED,
    TWO_MESSAGES,
    WEAK,
    MessageRefused,
)

# The tags of packets (RFC 9580, 5).
TO_KEY, SIGNATURE, TO_PASSWORD, ONE_PASS, COMPRESSED = 1, 2, 3, 4, 8
UNPROTECTED, MARKER, LITERAL, ENCRYPTED, AEAD, PADDING = 9, 10, 11, 18, 20, 21
IGNORED = (MARKER, PADDING)
SESSION_KEYS = (TO_KEY, TO_PASSWORD)
ENCRYPTED_DATA = (ENCRYPTED, AEAD, UNPROTECTED)
BEGINS_A_MESSAGE = (*SESSION_KEYS, SIGNATURE, ONE_PASS, COMPRESSED, *ENCRYPTED_DATA, LITERAL)

# A message of two signatures is unusual; one of a thousand packets is no message.
PACKETS_MAX = 100
# Writers cut what they do not know the length of into pieces of 512 bytes or more (RFC 9580, 4.2).
SEGMENT_BYTES_MIN = 512
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Packet:
    """`segments`: where its body lies, place and length in turn. `is_open`: up to the end of the
    file."""

    tag: int
    segments: array[int]
    end: int
    is_open: bool = False


def check_encrypted(file: BinaryIO) -> None:
    """That it is one message, encrypted to somebody's key.

    Raises MessageRefused.
    """
    packets = read_packets(file)
    first = _first(packets)
    if first.tag not in (*SESSION_KEYS, *ENCRYPTED_DATA):
        raise MessageRefused(NOT_ENCRYPTED)
    to, data = set[int](), first
    while data.tag in SESSION_KEYS:
        to.add(data.tag)
        data = _next(packets)
    if data.tag == UNPROTECTED:
        raise MessageRefused(WEAK)
    if data.tag not in ENCRYPTED_DATA:
        raise MessageRefused(DAMAGED)
    if TO_KEY not in to:
        raise MessageRefused(OTHER_RECIPIENT)
    _check_end(file, data.end)


def check_signed(file: BinaryIO) -> None:
    """That it is one message of a text and its signatures.

    Raises MessageRefused.
    """
    packets = read_packets(file)
    packet = _first(packets)
    begun = signed = 0
    while packet.tag in (ONE_PASS, SIGNATURE):
        begun += packet.tag == ONE_PASS
        signed += packet.tag == SIGNATURE
        following = next(packets, None)
        if following is None:
            raise MessageRefused(TRUNCATED if begun else SIGNATURE_FORM)
        packet = following
    if packet.tag in (*SESSION_KEYS, *ENCRYPTED_DATA):
        raise MessageRefused(OTHER_RECIPIENT)
    if packet.tag != LITERAL:
        raise MessageRefused(DAMAGED)
    if not begun and not signed:
        raise MessageRefused(NOT_SIGNED)
    for _each in range(begun):
        packet = _next(packets)
        if packet.tag != SIGNATURE:
            raise MessageRefused(DAMAGED)
    _check_end(file, packet.end)


def inflate(file: BinaryIO, target: BinaryIO, *, size_max: int) -> bool:
    """What a compressed message holds is written to `target`; False: it is not compressed.

    Raises MessageRefused.
    """
    packet = _first(read_packets(file))
    if packet.tag != COMPRESSED:
        return False
    body = _body(file, packet)
    algorithm = next(body, b"")[:1]
    body = _body(file, packet, skipped=1)
    if algorithm == b"\x00":
        _copy(body, target, size_max)
        _check_end(file, packet.end)
        return True
    try:
        rest = {b"\x01": _zip, b"\x02": _zip, b"\x03": _bzip2}[algorithm](
            body, target, size_max, -15 if algorithm == b"\x01" else 15
        )
    except (zlib.error, OSError, KeyError, EOFError) as error:
        raise MessageRefused(DAMAGED) from error
    if packet.is_open:
        # It says by itself where it ends; what is left of the file came after.
        _check_end(file, packet.end - rest)
    elif rest:
        raise MessageRefused(TRAILING_DATA)
    else:
        _check_end(file, packet.end)
    return True


def read_packets(file: BinaryIO) -> Iterator[Packet]:
    """The packets from the beginning of a file, as far as they are asked for.

    Raises MessageRefused.
    """
    size = file.seek(0, 2)
    place = 0
    for _number in range(PACKETS_MAX):
        if place >= size:
            return
        packet = _packet_at(file, place, size)
        place = packet.end
        if packet.tag not in IGNORED:
            yield packet
    raise MessageRefused(DAMAGED)


def _packet_at(file: BinaryIO, place: int, size: int) -> Packet:
    file.seek(place)
    head = file.read(6)
    first = head[0]
    if not first & 0x80:
        raise MessageRefused(TRAILING_DATA if place else CLEARTEXT)
    if first & 0x40:
        return _new_format(file, first & 0x3F, place + 1, size)
    tag, kind = first >> 2 & 0x0F, first & 3
    if kind == 3:
        if tag != COMPRESSED:
            raise MessageRefused(DAMAGED)
        return Packet(tag, _places(place + 1, size - place - 1), size, is_open=True)
    octets = 1 << kind
    length = int.from_bytes(head[1 : 1 + octets], "big")
    begin = place + 1 + octets
    if begin + length > size:
        raise MessageRefused(_cut(tag, place))
    return Packet(tag, _places(begin, length), begin + length)


def _new_format(file: BinaryIO, tag: int, place: int, size: int) -> Packet:
    begin = place - 1
    segments = _places()
    while True:
        file.seek(place)
        octets = file.read(5)
        if not octets:
            raise MessageRefused(_cut(tag, begin))
        first, is_last = octets[0], True
        if first < 192:
            used, length = 1, first
        elif first < 224:
            used, length = 2, (first - 192 << 8) + octets[1:2].ljust(1, b"\0")[0] + 192
        elif first == 255:
            used, length = 5, int.from_bytes(octets[1:5], "big")
        else:
            used, length, is_last = 1, 1 << (first & 0x1F), False
            if length < SEGMENT_BYTES_MIN:
                raise MessageRefused(DAMAGED)
        place += used
        if place + length > size:
            raise MessageRefused(_cut(tag, begin))
        segments.extend((place, length))
        place += length
        if is_last:
            return Packet(tag, segments, place)


def _places(*places: int) -> array[int]:
    """Of a gigabyte in small pieces as well, these are few bytes."""
    return array("Q", places)


def _cut(tag: int, place: int) -> str:
    """Of what claims to be longer than the file is: nothing of ours begins with such a tag."""
    if tag in BEGINS_A_MESSAGE:
        return TRUNCATED
    return DAMAGED if place else CLEARTEXT


def _first(packets: Iterator[Packet]) -> Packet:
    packet = next(packets, None)
    if packet is None or packet.tag not in BEGINS_A_MESSAGE:
        raise MessageRefused(CLEARTEXT)
    return packet


def _next(packets: Iterator[Packet]) -> Packet:
    packet = next(packets, None)
    if packet is None:
        raise MessageRefused(TRUNCATED)
    return packet


def _check_end(file: BinaryIO, end: int) -> None:
    """Nothing follows."""
    file.seek(end)
    following = file.read(1)
    if not following:
        return
    first = following[0]
    tag = first & 0x3F if first & 0x40 else first >> 2 & 0x0F
    is_message = first & 0x80 and tag in BEGINS_A_MESSAGE
    raise MessageRefused(TWO_MESSAGES if is_message else TRAILING_DATA)


def _body(file: BinaryIO, packet: Packet, *, skipped: int = 0) -> Iterator[bytes]:
    places = iter(packet.segments)
    for place, length in zip(places, places, strict=True):
        begin, end = place + skipped, place + length
        skipped = max(0, skipped - length)
        while begin < end:
            file.seek(begin)
            chunk = file.read(min(CHUNK_BYTES, end - begin))
            if not chunk:
                raise MessageRefused(TRUNCATED)
            yield chunk
            begin += len(chunk)


def _copy(body: Iterator[bytes], target: BinaryIO, size_max: int) -> None:
    written = 0
    for chunk in body:
        written = _write(target, chunk, written, size_max)


def _write(target: BinaryIO, content: bytes, written: int, size_max: int) -> int:
    if written + len(content) > size_max:
        raise MessageRefused(OPENED_TOO_LARGE)
    target.write(content)
    return written + len(content)


def _zip(body: Iterator[bytes], target: BinaryIO, size_max: int, window: int) -> int:
    """How many bytes are left over after its end, none of them looked at."""
    inflater, written = zlib.decompressobj(window), 0
    for chunk in body:
        while chunk:
            written = _write(target, inflater.decompress(chunk, CHUNK_BYTES), written, size_max)
            if inflater.eof:
                return len(inflater.unused_data) + _left(body)
            chunk = inflater.unconsumed_tail
    while not inflater.eof:
        # What it holds back once it was given all.
        content = inflater.decompress(b"", CHUNK_BYTES)
        if not content and not inflater.eof:
            raise MessageRefused(TRUNCATED)
        written = _write(target, content, written, size_max)
    return len(inflater.unused_data)


def _bzip2(body: Iterator[bytes], target: BinaryIO, size_max: int, _window: int) -> int:
    """As _zip."""
    inflater, written = bz2.BZ2Decompressor(), 0
    for chunk in body:
        while True:
            written = _write(target, inflater.decompress(chunk, CHUNK_BYTES), written, size_max)
            if inflater.eof:
                return len(inflater.unused_data) + _left(body)
            if inflater.needs_input:
                break
            chunk = b""
    raise MessageRefused(TRUNCATED)


def _left(body: Iterator[bytes]) -> int:
    return sum(len(chunk) for chunk in body)
