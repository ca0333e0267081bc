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
