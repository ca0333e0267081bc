from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.security.walk.approvals import waiting
from tests.security.walk.payments import new_payment

if TYPE_CHECKING:
    from tests.security.routes import World


def _refund_body(world: World) -> dict[str, Any]:
    return {"payment": world.id("paid_id"), "amount": 100}


def _refund(world: World) -> str:
    payment = new_payment(world, succeeded=True)
    return world.made_by_api("refunds", {"payment": payment.public_id, "amount": 100})


OBJECTS = {
    "refund_id": lambda world: world.made_by_api("refunds", _refund_body(world)),
    "waiting_refund_id": lambda world: waiting(world, "refund.send", _refund),
    "paid_orange_id": lambda world: new_payment(world, succeeded=True, operator="orange"),
}
KINDS = {"refunds/{refund_id}/cancel": {"refund_id": "waiting_refund_id"}}
BODIES = {
    "POST refunds": _refund_body,
    "POST orange/refund": lambda world: {"payment": world.id("paid_orange_id"), "amount": 100},
    "POST refunds/{refund_id}/cancel": lambda world: {},
}
REFERENCES = [
    ("POST refunds", lambda other: {"payment": other.id("paid_id")}),
    ("POST orange/refund", lambda other: {"payment": other.id("paid_id")}),
]
QUERIES = {
    "GET refunds": lambda other: [
        {"starting_after": other.id("refund_id")},
        {"payment": other.id("paid_id")},
        {"status": "pending"},
    ],
    "GET payments/{payment_id}/refunds": lambda other: [
        {"starting_after": other.id("refund_id")},
    ],
}
