from __future__ import annotations

import hashlib
import json

from apps.statement_sources.models import PgpMode, SourceConnection

TOLD = (
    "host", "port", "username", "host_keys", "folder", "archive_folder", "our_public_key",
    "partner_keys",
)  # fmt: skip


def connection_digest(draft: SourceConnection) -> str:
    """The SHA-256 of all that two people agree on, credentials included, as hexadecimal digits."""
    told = [str(draft.pk), str(draft.source_id), *(getattr(draft, name) for name in TOLD)]
    told.append(hashlib.sha256(bytes(draft.credentials_encrypted or b"")).hexdigest())
    if draft.pgp_mode != PgpMode.PLAIN:
        told += [draft.pgp_mode, draft.pgp_provider_keys, draft.pgp_our_keys]
        told += [str(draft.pgp_overlap_until or ""), json.dumps(draft.pgp_keys, sort_keys=True)]
        told.append(hashlib.sha256(bytes(draft.pgp_secrets_encrypted or b"")).hexdigest())
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
