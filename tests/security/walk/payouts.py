from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from apps.core.money import Money
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from tests.security.walk.approvals import waiting

if TYPE_CHECKING:
    from tests.security.routes import World


def _payout_body(world: World) -> dict[str, Any]:
    # A paid payment is the balance it is sent of.
    world.row("paid_id")
    return {"amount": 100, "currency": "XAF", "payee": {"phone": "677000003"}}


def _payout(world: World) -> Payout:
    world.row("paid_id")
    with transaction.atomic():
        return create_payout(
            merchant=world.merchant,
            livemode=world.livemode,
            request=PayoutRequest(
                money=Money(100, "XAF"), phone="+237677000003", merchant_reference="wages-7"
            ),
            now=timezone.now(),
        )


OBJECTS = {
    "payout_id": _payout,
    "waiting_payout_id": lambda world: waiting(world, "payout.send", _payout),
}
KINDS = {
    "payouts/{payout_id}/cancel": {"payout_id": "waiting_payout_id"},
    "mtn/disbursement/status/{id_or_reference}": {"id_or_reference": "payout_id"},
}
BODIES = {
    "POST payouts": _payout_body,
    "POST payouts/{payout_id}/cancel": lambda world: {},
    "POST mtn/disbursement": _payout_body,
}
QUERIES = {
    "GET payouts": lambda other: [
        {"starting_after": other.id("payout_id")},
        {"reference": other.row("payout_id").merchant_reference},
        {"phone": "+237677000003"},
        {"status": "pending"},
    ],
}
