"""The same request twice has one effect and one answer, byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.db.models import Model
from psycopg.errors import LockNotAvailable, UniqueViolation

from apps.core.bulk_write import bulk_write
from apps.core.errors import DomainError
from apps.core.models import UNIQUE_KEY, IdempotencyRecord

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


class IdempotencyKeyOfAnother(DomainError):
    code = "idempotency_key_of_another"
    status = 409
    title = "Another credential used this Idempotency-Key first."


class IdempotencyKeyInFlight(DomainError):
    code = "idempotency_key_in_flight"
    status = 409
    title = "The first request with this Idempotency-Key is still being served."


def read_key(header: str | None) -> str:
    """The key of a request: 1 to 255 visible ASCII characters, no comma.

    A comma is how servers join a header that was sent twice: which of the two is meant, nobody
    can tell.
    """
    if header is None:
        raise IdempotencyKeyMissing(
            "Send an Idempotency-Key header, e.g. a UUID of your own, and repeat it on retries."
        )
    if "," in header:
        raise IdempotencyKeyInvalid("Send the Idempotency-Key header once, without a comma in it.")
    is_visible = all("!" <= character <= "~" for character in header)
    if not 1 <= len(header) <= KEY_LENGTH_MAX or not is_visible:
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


def keep_answer(
    record: IdempotencyRecord, rows: Sequence[Model], *, now: datetime
) -> IdempotencyRecord | None:
    """Write a request's effect together with its answer, in one statement; None when that is done.

    When somebody was first with this key nothing is written and the first answer is returned. One
    that is too old to count makes room, however many find it so at once: one of them writes, the
    others get its answer.

    Raises:
        IdempotencyKeyReused: the first request with this key had another body.
        IdempotencyKeyInFlight: the first request with it has not come to its end for seconds.
        IntegrityError: a row breaks another constraint, and nobody was first with this key.
    """
    while True:
        broken: IntegrityError | None = None
        try:
            bulk_write([record, *rows])
            return None
        except IntegrityError as error:
            taken = taken_constraint(error)
            if not taken:
                raise
            # What is made of the key may be found taken before the key is.
            broken = error if taken != UNIQUE_KEY else None
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise IdempotencyKeyInFlight("Ask again in a moment.", retry_after_s=1) from None
            raise
        # Its row is committed, or we would still be waiting.
        first = find_answer(
            scope=record.scope,
            endpoint=record.endpoint,
            key=record.key,
            digest=bytes(record.digest),
            now=now,
        )
        if first is not None:
            return first
        if broken is not None:
            raise broken


def taken_constraint(error: IntegrityError) -> str:
    """By which a row was to be the only one; "" where it breaks something else."""
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, UniqueViolation) else ""
