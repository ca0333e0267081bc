from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.public_ids import decode_id
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.services.check_batch import check_batch
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


OBJECTS = {
    "batch_id": _batch,
    **{f"{status}_batch_id": _batch_at(status) for status in ACTS.values()},
    "different_batch_id": _batch_of_another,
    "line_number": lambda world: "1",
}
PLACES = {"line_number"}
KINDS = {
    "payout_batches/{batch_id}/lines/{line_number}/confirm": {"batch_id": "different_batch_id"},
    **{
        f"payout_batches/{{batch_id}}/{act}": {"batch_id": f"{status}_batch_id"}
        for act, status in ACTS.items()
    },
}
BODIES = {
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
