from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.public_ids import decode_id
from apps.disputes.services.add_evidence import add_evidence
from tests.security.walk.payments import new_payment

if TYPE_CHECKING:
    from tests.security.routes import World


def _dispute_body(world: World) -> dict[str, Any]:
    return {"payment": world.id("disputed_payment_id"), "reason": "fraud", "amount": 100}


def _with_evidence(world: World) -> None:
    add_evidence(
        dispute_id=decode_id("dis", world.id("dispute_id")),
        texts={"receipt": "One pair of shoes"},
        files=[],
        now=timezone.now(),
    )


OBJECTS = {
    "disputed_payment_id": lambda world: new_payment(world, succeeded=True),
    "dispute_id": lambda world: world.made_by_api("disputes", _dispute_body(world)),
}
BODIES = {
    "POST disputes": _dispute_body,
    "POST disputes/{dispute_id}/evidence": lambda world: {"receipt": "One pair of shoes"},
    "POST disputes/{dispute_id}/submit": lambda world: {},
    "POST disputes/{dispute_id}/accept": lambda world: {},
}
REFERENCES = [
    ("POST disputes", lambda other: {"payment": other.id("paid_id"), "reason": "fraud"}),
]
QUERIES = {
    "GET disputes": lambda other: [
        {"starting_after": other.id("dispute_id")},
        {"payment": other.id("disputed_payment_id")},
        {"status": "needs_response"},
    ],
    "GET payments/{payment_id}/disputes": lambda other: [
        {"starting_after": other.id("dispute_id")},
    ],
}
PREPARE = {"disputes/{dispute_id}/submit": _with_evidence}
