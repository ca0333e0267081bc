"""A stranger's e-mail within bounds: parsers take time that grows with the square of some of it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from email.message import Message

from imap_tools import MailMessage

# Every line is compared with every boundary that is open.
LINES_MAX = 500_000
BOUNDARIES_MAX = 30
PARTS_MAX = 5_000
HEADER_LENGTH_MAX = 20_000
# Of each text, before its charset is decoded.
PART_BYTES_MAX = 1_000_000
# They are of host names, and decoded in the square of the length.
NO_CHARSETS = {"punycode", "idna"}


class EmailOutOfBounds(ValueError):
    """Nobody writes such a one."""


def bounded_email(raw: bytes) -> MailMessage:
    """Raises EmailOutOfBounds."""
    if (
        raw.count(b"\n") + raw.count(b"\r") > 2 * LINES_MAX
        or raw.lower().count(b"boundary") > BOUNDARIES_MAX
        or raw.count(b"\n--") + raw.count(b"\r--") > PARTS_MAX
    ):
        raise EmailOutOfBounds
    message: MailMessage = MailMessage.from_bytes(raw)
    for part in message.obj.walk():
        if any(len(value) > HEADER_LENGTH_MAX for _, value in part.raw_items()):
            raise EmailOutOfBounds
    return message


def texts_of(message: Message, subtype: str) -> Iterator[str]:
    """What its parts of text/`subtype` say that are no files."""
    for part in message.walk():
        if part.get_content_type() != f"text/{subtype}" or part.get_filename():
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield _decoded(content[:PART_BYTES_MAX], part.get_content_charset("utf-8"))


def _decoded(content: bytes, charset: str) -> str:
    try:
        known = codecs.lookup(charset).name
        if known not in NO_CHARSETS:
            return content.decode(known, "ignore")
    except (LookupError, ValueError):
        pass
    return content.decode("utf-8", "ignore")
