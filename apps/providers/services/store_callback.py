from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.bulk_write import bulk_write
from apps.core.failpoints import failpoint
from apps.core.public_ids import new_id
from apps.core.work import outbox, wake_up
from apps.providers.models import Callback
from apps.vault.encryption import encrypt

TOPIC = "callback.received"
BODY_CONTEXT = "providers_callback.body"
HEADERS_CONTEXT = "providers_callback.headers"
BODY_BYTES_MAX = 64 * 1024


def store_callback(
    *,
    connector: str,
    attempt_id: UUID | None,
    provider_account_id: UUID | None = None,
    method: str,
    content_type: str,
    headers: Mapping[str, str] | None = None,
    body: bytes,
    now: datetime,
) -> UUID:
    """Keep a callback and promise to ask the provider about its attempt. One statement.

    Args:
        attempt_id: whose address it came to; or
        provider_account_id: of the account, if the provider has one address for all.
        headers: those that are kept (`kept_headers`), content-type not among them.

    Duplicates are kept too: each is evidence, and asking twice does no harm.
    """
    callback_id = new_id()
    # Latin-1 maps every byte to one character and back.
    encrypted = encrypt(body.decode("latin-1"), context=BODY_CONTEXT, row_id=callback_id)
    callback = Callback(
        id=callback_id,
        connector=connector,
        attempt_id=attempt_id,
        provider_account_id=provider_account_id,
        method=method,
        content_type=content_type[:100],
        body_encrypted=encrypted,
        headers_encrypted=_encrypted_headers(callback_id, headers) if headers else None,
        body_digest=hashlib.sha256(body).digest(),
        received_at=now,
    )
    message = outbox.new_message(TOPIC, now=now, callback_id=str(callback_id))
    failpoint("callbacks.store.before_commit")
    bulk_write([callback, message])
    failpoint("callbacks.store.after_commit")
    transaction.on_commit(lambda: wake_up.wake(TOPIC))
    return callback_id


def _encrypted_headers(callback_id: UUID, headers: Mapping[str, str]) -> bytes:
    return encrypt(json.dumps(dict(headers)), context=HEADERS_CONTEXT, row_id=callback_id)
