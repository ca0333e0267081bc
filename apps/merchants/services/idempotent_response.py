"""The door of every POST but the hottest: one effect and one answer for one Idempotency-Key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from apps.core.idempotency import (
    IdempotencyKeyInFlight,
    IdempotencyKeyOfAnother,
    digest_of,
    find_answer,
    read_key,
)
from apps.core.json_format import dump
from apps.core.models import IdempotencyRecord
from apps.core.public_ids import new_id_at
from apps.merchants.caller import Caller, caller_of
from apps.vault.encryption import decrypt, encrypt

# Answers may show a secret, once: they are kept encrypted.
CONTEXT = "core_idempotencyrecord.body"
# Before the answer: whom it is for, "" for every credential. JSON of ours has no line break.
HOLDER_END = "\n"

Work = Callable[[Caller, datetime], tuple[int, Mapping[str, Any]]]


def idempotent_response(
    request: Request,
    work: Work,
    *,
    is_shared: bool = False,
    sent: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Do the work and keep its answer, in one transaction; or give the first answer again.

    An answer may hold a secret, or say more than another credential may know: it is given again
    to the credential that asked, and to no other.

    Args:
        work: called with the caller and the time; touches the database only, and returns status
            and body. What it refuses leaves the key unused.
        is_shared: any credential of the merchant's that may make this request is given the
            answer: it holds no secret, and a retry must survive the rotation of a key.
        sent: what tells this request from another, where its body is not JSON.

    Raises:
        IdempotencyKeyMissing, IdempotencyKeyInvalid: the header.
        IdempotencyKeyReused: the key was used with another body.
        IdempotencyKeyOfAnother: another credential was first with the key.
        IdempotencyKeyInFlight: the first request with this key is at work. It holds a lock that
            ends with its connection, so a crash does not keep the key.
    """
    caller = caller_of(request)
    key = read_key(request.headers.get("Idempotency-Key"))
    digest = digest_of(dict(request.data if sent is None else sent))
    now = timezone.now()
    # As it was sent: what is decoded may hold a NUL, which PostgreSQL does not keep.
    endpoint = f"{request.method} {quote(request.path)}"
    holder = "" if is_shared else caller.credential
    name = f"{caller.scope} {endpoint} {key}"
    with transaction.atomic():
        if not _lock(name):
            raise IdempotencyKeyInFlight("Ask again in a moment.", retry_after_s=1)
        first = find_answer(scope=caller.scope, endpoint=endpoint, key=key, digest=digest, now=now)
        if first is not None:
            first_holder, _, body = decrypt(first.body, context=CONTEXT, row_id=first.pk).partition(
                HOLDER_END
            )
            if first_holder != holder:
                raise IdempotencyKeyOfAnother(
                    "Retry with the credential that sent it first, or use a new key."
                )
            response = HttpResponse(body, status=first.status_code, content_type="application/json")
            response["Idempotent-Replayed"] = "true"
            return response
        status, answer = work(replace(caller, request_name=name), now)
        text = dump(answer).decode()
        record_id = new_id_at(now)
        IdempotencyRecord.objects.create(
            id=record_id,
            scope=caller.scope,
            endpoint=endpoint,
            key=key,
            digest=digest,
            status_code=status,
            body=encrypt(f"{holder}{HOLDER_END}{text}", context=CONTEXT, row_id=record_id),
            created_at=now,
        )
    return HttpResponse(text, status=status, content_type="application/json")


def _lock(name: str) -> bool:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        (locked,) = cursor.fetchone()
    return bool(locked)
