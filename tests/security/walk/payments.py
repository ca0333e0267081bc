from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.payments.models import Payment
from tests.api.conftest import payment_body
from tests.factories import PaymentFactory

if TYPE_CHECKING:
    from tests.security.routes import World


def new_payment(world: World, **fields: Any) -> Payment:
    return PaymentFactory(
        merchant=world.merchant, livemode=world.livemode, metadata={"cart": "1"}, **fields
    )


OBJECTS = {
    "payment_id": new_payment,
    "paid_id": lambda world: new_payment(world, succeeded=True),
    "orange_payment_id": lambda world: new_payment(world, operator="orange"),
    "mtn_payment_id": new_payment,
}
KINDS = {
    "orange/status/{id_or_reference}": {"id_or_reference": "orange_payment_id"},
    "mtn/status/{id_or_reference}": {"id_or_reference": "mtn_payment_id"},
}
BODIES = {
    "POST payments": lambda world: payment_body(),
    "POST payments/{payment_id}/cancel": lambda world: {},
    "POST mtn/collection": lambda world: payment_body(),
    "POST orange/payment": lambda world: payment_body(payer={"phone": "690000001"}),
}
QUERIES = {
    "GET payments": lambda other: [
        {"starting_after": other.id("payment_id")},
        {"reference": other.row("payment_id").merchant_reference},
        {"phone": "+237677000001"},
        {"status": "pending"},
        {"metadata[cart]": "1"},
        {"expand": "attempts"},
    ],
}
