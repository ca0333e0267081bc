"""An e-mail as it came, made into what a ticket keeps of it."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from uuid import UUID

import nh3

from apps.core.clean_text import clean_line
from apps.support_tickets.models import TicketMessage
from apps.support_tickets.rules.bounded_email import (
    HEADER_LENGTH_MAX,
    bounded_email,
    texts_of,
)
from apps.support_tickets.rules.email_thread import named_message, named_ticket
from apps.support_tickets.rules.newest_words import newest_words

MESSAGE_ID_LENGTH_MAX = TicketMessage._meta.get_field("message_id").max_length or 0

# Of what a hostile one has more of.
TEXT_LENGTH_MAX = 200_000
FILES_READ_MAX = 20

# A page's tags are compared with all that stand open around them: nobody writes so many.
PAGE_LENGTH_MAX = 200_000
TAGS_MAX = 10_000
# What ends a line of an HTML page. Of all else only the text is kept.
BLOCKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote"}
# What a header can bear: ours repeat it when they answer.
NAMED = re.compile(rf"[!-~]{{1,{MESSAGE_ID_LENGTH_MAX}}}")
TAG = re.compile(r"</?[a-z0-9]+[^>]*>")

# RFC 3834, and what came before it: programs wrote it, and answering one would never end.
BULK = {"bulk", "junk", "list", "auto_reply"}
PROGRAMS = re.compile(
    r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply)(\+.*)?@", re.IGNORECASE
)
RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to")
ANSWERED = ("in-reply-to", "references")
HEADERS = (
    *RECIPIENTS, *ANSWERED, "message-id", "auto-submitted", "precedence", "list-id", "x-autoreply",
    "return-path", "content-language", "accept-language",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReceivedEmail:
    """`text`: what was written this time, without what it quotes. `ticket_id`, `answered_id`: the
    ticket that it was sent to, the message of ours that it answers. `files`: names with contents.
    """

    sender: str
    subject: str
    text: str
    language: str
    message_id: str
    written_by_program: bool
    ticket_id: UUID | None
    answered_id: UUID | None
    files: Sequence[tuple[str, bytes]]


def read_email(raw: bytes, *, own_address: str, language: str) -> ReceivedEmail:
    """Whatever came: a text in an unknown charset is read as well as it can be.

    Args:
        own_address: what we write from; what comes from there is our own.
        language: of one that says nothing about its own.
    """
    message = bounded_email(raw)
    headers = {name: _header(message.obj, name) for name in HEADERS if name in message.obj}
    sender = message.from_.strip().lower()
    plain = "".join(texts_of(message.obj, "plain"))
    written = plain or _text_of_page("".join(texts_of(message.obj, "html")))
    return ReceivedEmail(
        sender=sender,
        subject=clean_line(message.subject),
        text=newest_words(written[:TEXT_LENGTH_MAX]),
        language=_language(headers, language),
        message_id=_message_id(headers, raw),
        written_by_program=_is_automatic(headers) or _is_program(sender, own_address),
        ticket_id=named_ticket(headers.get(name, "") for name in RECIPIENTS),
        answered_id=named_message(headers.get(name, "") for name in ANSWERED),
        files=[
            (one.filename or "file", one.payload) for one in message.attachments[:FILES_READ_MAX]
        ],
    )


def _header(message: Message, name: str) -> str:
    """Some programs encode what is long, whether it needs to be or not."""
    value = " ".join(str(one) for one in message.get_all(name, []))[:HEADER_LENGTH_MAX]
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError):
        return value


def _text_of_page(page: str) -> str:
    short = "<".join(page[:PAGE_LENGTH_MAX].split("<", TAGS_MAX)[:TAGS_MAX])
    kept = nh3.clean(short, tags=BLOCKS, attributes={}, link_rel=None)
    return html.unescape(TAG.sub("\n", kept))


def _message_id(headers: Mapping[str, str], raw: bytes) -> str:
    """Its own, which is the same however often and by whichever way it comes."""
    named = headers.get("message-id", "").strip()
    if NAMED.fullmatch(named):
        return named
    return f"<{hashlib.sha256(named.encode() or raw).hexdigest()}@of-its-content>"


def _is_automatic(headers: Mapping[str, str]) -> bool:
    return (
        headers.get("auto-submitted", "no").strip().lower() != "no"
        or headers.get("precedence", "").strip().lower() in BULK
        or "list-id" in headers
        or "x-autoreply" in headers
        # What a mail server itself sends has nobody to answer to.
        or headers.get("return-path", "").strip() == "<>"
    )


def _is_program(sender: str, own_address: str) -> bool:
    name, _, domain = own_address.lower().rpartition("@")
    is_own = sender.endswith(f"@{domain}") and sender.startswith((f"{name}@", f"{name}+"))
    return is_own or PROGRAMS.match(sender) is not None


def _language(headers: Mapping[str, str], language: str) -> str:
    named = headers.get("content-language", headers.get("accept-language", ""))[:2].lower()
    return named if named in {"fr", "en"} else language
