"""One link of the chain: what is hashed, and how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Func, QuerySet, TextField
from django.db.models.functions import Cast

from apps.audit.models import AuditEntry

# What the first link is chained to.
GENESIS = bytes(32)

# What is under the hash besides the position, in this order. `detail` is the text of a jsonb and
# so canonical: PostgreSQL sorts its keys and drops blanks and repeats.
CONTENT = ("id", "actor", "action", "target", "detail_text", "created_at_us")


# An entry of this action may leave positions out: those that a restored database has forgotten, so
# that none is ever given to two entries.
RESTORED = "platform.restored"
RESUMES_AFTER, RESUMES_AT = "chain_resumes_after", "chain_resumes_at"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link: its position, from 1, and its hash. Kept out of the database's reach it is proof."""

    position: int
    chain_hash: bytes


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def entries() -> QuerySet[AuditEntry]:
    """All entries, with what CONTENT names: a million are read in seconds, so nothing is parsed."""
    return AuditEntry.objects.annotate(
        detail_text=Cast("detail", TextField()),
        created_at_us=Func(
            "created_at",
            template="(extract(epoch FROM %(expressions)s) * 1000000)::bigint",
            output_field=BigIntegerField(),
        ),
    )


def link_hash(previous: bytes, position: int, content: Sequence[Any]) -> bytes:
    """SHA-256 over the previous hash and the JSON of [position, *content]."""
    text = _encode([position, *content])
    return hashlib.sha256(previous + text.encode("utf-8", "surrogatepass")).digest()


def next_position(last: int, content: Sequence[Any]) -> int:
    """Of the entry with this content, after the link at `last`."""
    if content[CONTENT.index("action")] == RESTORED:
        detail = json.loads(content[CONTENT.index("detail_text")])
        resumes_at = detail.get(RESUMES_AT)
        if detail.get(RESUMES_AFTER) == last and isinstance(resumes_at, int) and resumes_at > last:
            return resumes_at
    return last + 1
