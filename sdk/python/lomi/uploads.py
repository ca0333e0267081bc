"""A long list over a network that breaks: sent piece by piece, from where it broke off."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lomi import models
from lomi.connection import ApiError
from lomi.file_form import FilePart

if TYPE_CHECKING:
    from lomi.client import Client

# A piece is a whole number of these, but for the last one.
STEP_BYTES = 256 * 1024
PIECE_BYTES = 4 * STEP_BYTES
# Somebody else has sent the same meanwhile, or this one did not hear that it was taken.
ELSEWHERE = "payout_batch_upload_out_of_order"


class FileChanged(Exception):
    """The file is not the one that was begun with this idempotency key."""


def upload_batch(
    client: Client,
    file: str | PathLike[str],
    *,
    idempotency_key: str,
    currency: str | None = None,
    reference: str | None = None,
    description: str | None = None,
    piece_bytes: int = PIECE_BYTES,
    on_progress: Callable[[int, int], None] = lambda received, size: None,
) -> models.PayoutBatch:
    """Send a file of payees piece by piece, and make a batch of it.

    Whatever breaks off, call it again with the same file and key, in another process too: it goes
    on where it was. Once it is a batch, the answer is that batch.

    Args:
        idempotency_key: of this list: "wages-2026-11". Another list, or the same once more, has
            another one.
        piece_bytes: of a request; a multiple of 256 KiB. Smaller ones for a worse network.
        on_progress: called with how many bytes are there, of how many.

    Raises:
        FileChanged; ApiError, NoAnswer: as any call.
    """
    path = Path(file)
    size, sha256 = path.stat().st_size, _sha256(path)
    order = {"file_name": path.name, "size": size, "sha256": sha256}
    said = {"currency": currency, "reference": reference, "description": description}
    order |= {name: value for name, value in said.items() if value is not None}
    uploads = client.payout_batch_uploads
    try:
        begun = uploads.create(
            cast(models.PayoutBatchUploadInput, order), idempotency_key=idempotency_key
        )
    except ApiError as refusal:
        if refusal.code == "idempotency_key_reused":
            raise FileChanged(f"{path.name} was another file when it was begun") from refusal
        raise
    upload_id = begun["id"]
    # What was answered when it began may be long ago.
    upload = uploads.get(upload_id)
    received = upload["received"]
    while upload["status"] == "open" and received < size:
        on_progress(received, size)
        part = FilePart(path, received, min(piece_bytes, size - received))
        try:
            uploads.pieces_from_file(
                upload_id,
                part,
                offset=str(received),
                idempotency_key=f"{idempotency_key[:200]}-{received}-{part.size}",
            )
            received += part.size
        except ApiError as refusal:
            if refusal.code != ELSEWHERE:
                raise
            received = uploads.get(upload_id)["received"]
    on_progress(received, size)
    return uploads.finish(upload_id, {}, idempotency_key=idempotency_key)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
