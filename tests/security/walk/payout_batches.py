from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.public_ids import decode_id
from apps.payout_batches.models import BatchUpload, PayoutBatch
from apps.payout_batches.services.check_batch import check_batch
from apps.payout_batches.services.receive_piece import receive_piece
from tests.payout_batch_runs.conftest import ACTS, batch_at, batch_of_another, digest_of

if TYPE_CHECKING:
    from tests.security.routes import World


def _batch_body(world: World) -> dict[str, Any]:
    return {"reference": "wages", "lines": [{"phone": "677000003", "amount": 100}]}


def _batch(world: World) -> PayoutBatch:
    """A draft."""
    made = world.made_by_api("payout_batches", _batch_body(world))
    batch = PayoutBatch.objects.get(pk=decode_id("pob", made))
    check_batch(batch_id=batch.pk, now=timezone.now())
    return batch


def _batch_at(status: str) -> Callable[[World], PayoutBatch]:
    def make(world: World) -> PayoutBatch:
        world.row("paid_id")
        return batch_at(status, world.merchant, livemode=world.livemode, now=timezone.now())

    return make


def _batch_of_another(world: World) -> PayoutBatch:
    """A draft that another key made, whose payee's wallet is another person's."""
    return batch_of_another(world.merchant, livemode=world.livemode, now=timezone.now())


CONTENT = b"phone;amount\n677000001;5000\n"


def _upload(received: int) -> Callable[[World], BatchUpload]:
    """Begun by the world's own key, and so much of it sent."""

    def make(world: World) -> BatchUpload:
        made = world.made_by_api("payout_batch_uploads", _upload_body(world))
        upload = BatchUpload.objects.get(pk=decode_id("pbu", made))
        if received:
            receive_piece(
                upload_id=upload.pk, offset=0, content=CONTENT[:received], now=timezone.now()
            )
        return upload

    return make


def _upload_body(world: World) -> dict[str, Any]:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return {"file_name": "wages.csv", "size": len(CONTENT), "sha256": sha256}


def _piece(world: World) -> dict[str, Any]:
    return {"offset": 0, "content": base64.b64encode(CONTENT).decode()}


OBJECTS = {
    "batch_id": _batch,
    "upload_id": _upload(0),
    "whole_upload_id": _upload(len(CONTENT)),
    **{f"{status}_batch_id": _batch_at(status) for status in ACTS.values()},
    "different_batch_id": _batch_of_another,
    "line_number": lambda world: "1",
}
PLACES = {"line_number"}
KINDS = {
    "payout_batch_uploads/{upload_id}/finish": {"upload_id": "whole_upload_id"},
    "payout_batches/{batch_id}/lines/{line_number}/confirm": {"batch_id": "different_batch_id"},
    **{
        f"payout_batches/{{batch_id}}/{act}": {"batch_id": f"{status}_batch_id"}
        for act, status in ACTS.items()
    },
}
BODIES = {
    "POST payout_batch_uploads": _upload_body,
    "POST payout_batch_uploads/{upload_id}/pieces": _piece,
    "POST payout_batch_uploads/{upload_id}/finish": lambda world: {},
    "POST payout_batch_uploads/{upload_id}/discard": lambda world: {},
    "POST payout_batches": _batch_body,
    **{
        f"POST payout_batches/{{batch_id}}/{act}": lambda world: {}
        for act in ("submit", "start", "pause", "resume", "cancel", "retry")
    },
    "POST payout_batches/{batch_id}/approve": lambda world: {
        "digest": bytes(world.row("needs_approval_batch_id").digest).hex()
    },
    "POST payout_batches/{batch_id}/reject": lambda world: {"reason": "Line 2 twice"},
    "POST payout_batches/{batch_id}/discard": lambda world: {},
    "PATCH payout_batches/{batch_id}/lines/{line_number}": lambda world: {"amount": 200},
    "POST payout_batches/{batch_id}/lines/{line_number}/drop": lambda world: {},
    "POST payout_batches/{batch_id}/lines/{line_number}/restore": lambda world: {},
    "POST payout_batches/{batch_id}/lines/{line_number}/confirm": lambda world: {
        "digest": digest_of(world.row("different_batch_id")).hex(),
        "reason": "Her own wallet",
    },
}
QUERIES = {
    "GET payout_batches": lambda other: [
        {"starting_after": other.id("batch_id")},
        {"reference": other.row("batch_id").merchant_reference},
        {"status": "draft"},
    ],
}
