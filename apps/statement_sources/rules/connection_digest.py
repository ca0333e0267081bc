from __future__ import annotations

import hashlib
import json

from apps.statement_sources.models import SourceConnection

TOLD = (
    "host", "port", "username", "host_keys", "folder", "archive_folder", "our_public_key",
    "partner_keys",
)  # fmt: skip


def connection_digest(draft: SourceConnection) -> str:
    """The SHA-256 of all that two people agree on, credentials included, as hexadecimal digits."""
    told = [str(draft.pk), str(draft.source_id), *(getattr(draft, name) for name in TOLD)]
    credentials = hashlib.sha256(bytes(draft.credentials_encrypted or b"")).hexdigest()
    return hashlib.sha256(json.dumps([*told, credentials]).encode()).hexdigest()
