"""The same request twice has one effect and one answer, byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from apps.core.errors import DomainError
from apps.core.models import IdempotencyRecord

KEY_LENGTH_MAX = 255


class IdempotencyKeyMissing(DomainError):
    code = "idempotency_key_missing"
    status = 400
    title = "This request needs an Idempotency-Key header."


class IdempotencyKeyInvalid(DomainError):
    code = "idempotency_key_invalid"
    status = 400
    title = "The Idempotency-Key is not usable."


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    title = "This Idempotency-Key was used with another request."


class IdempotencyKeyInFlight(DomainError):
    code = "idempotency_key_in_flight"
    status = 409
    title = "The first request with this Idempotency-Key is still being served."


def read_key(header: str | None) -> str:
    """The key of a request: 1 to 255 visible ASCII characters."""
    if not header:
        raise IdempotencyKeyMissing(
            "Send an Idempotency-Key header, e.g. a UUID of your own, and repeat it on retries."
        )
    if len(header) > KEY_LENGTH_MAX or not all("!" <= character <= "~" for character in header):
        raise IdempotencyKeyInvalid(
            f"An Idempotency-Key has 1 to {KEY_LENGTH_MAX} visible ASCII characters."
        )
    return header


def digest_of(data: Mapping[str, Any]) -> bytes:
    """SHA-256 of the parsed body: key order and white space do not matter, values do."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).digest()


def find_answer(
    *, scope: str, endpoint: str, key: str, digest: bytes, now: datetime
) -> IdempotencyRecord | None:
    """The first answer to this key, or None; raises IdempotencyKeyReused for another body.

    An answer older than the retention is forgotten here and now, whether or not the hourly
    clean-up came by.
    """
    record = IdempotencyRecord.objects.filter(scope=scope, endpoint=endpoint, key=key).first()
    if record is None:
        return None
    if record.created_at < now - settings.IDEMPOTENCY_KEPT_FOR:
        record.delete()
        return None
    if bytes(record.digest) != digest:
        raise IdempotencyKeyReused("Use a new Idempotency-Key for a request that differs.")
    return record


def forget_old_answers(*, now: datetime) -> int:
    """Delete answers older than the retention, 5,000 at a time; returns how many."""
    oldest = now - settings.IDEMPOTENCY_KEPT_FOR
    forgotten = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM core_idempotencyrecord WHERE id IN (SELECT id FROM"
                " core_idempotencyrecord WHERE created_at < %s LIMIT 5000)",
                [oldest],
            )
            if cursor.rowcount == 0:
                return forgotten
            forgotten += cursor.rowcount
