"""How an e-mail finds its ticket: by a signed token in what it answers, never by who says it is.

Each e-mail of ours bears one in its Message-ID, which answers name (RFC 5322, section 3.6.4), and
in the address to answer to, after a "+". A sender's address proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parseaddr
from uuid import UUID

from apps.vault.tokens import LENGTH, read_token, sign_token

TICKET, MESSAGE = "ticket_email", "ticket_email_message"

TOKEN = re.compile(rf"(?<![a-z0-9])([a-z2-7]{{{LENGTH}}})@", re.IGNORECASE)


def message_id_of(message_id: UUID, *, domain: str) -> str:
    """The Message-ID of our e-mail about a message; the same one each time."""
    return f"<{sign_token(MESSAGE, message_id)}@{domain}>"


def reply_address(ticket_id: UUID, *, address: str) -> str:
    """Where answers about a ticket go: support+TOKEN@shop.example."""
    name, _, domain = parseaddr(address)[1].rpartition("@")
    return f"{name}+{sign_token(TICKET, ticket_id)}@{domain}"


def named_ticket(texts: Iterable[str]) -> UUID | None:
    """The ticket to whose reply address an e-mail was sent."""
    return _read(TICKET, texts)


def named_message(texts: Iterable[str]) -> UUID | None:
    """The message that an e-mail answers, by the Message-IDs that it names."""
    return _read(MESSAGE, texts)


def _read(purpose: str, texts: Iterable[str]) -> UUID | None:
    for text in texts:
        for token in TOKEN.findall(text):
            found = read_token(purpose, token)
            if found is not None:
                return found
    return None
