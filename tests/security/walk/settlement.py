from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from apps.core.public_ids import encode_id
from apps.settlement.models import Settlement
from tests.settlement.rows import new_settlement, new_terms

if TYPE_CHECKING:
    from tests.security.routes import World


def _settlement(world: World) -> Settlement:
    now = timezone.now()
    terms = new_terms(world.merchant, livemode=world.livemode, now=now)
    return new_settlement(terms, now=now)


OBJECTS = {"settlement_id": _settlement}
QUERIES = {
    "GET settlements": lambda other: [
        {"starting_after": other.id("settlement_id")},
        {"status": "carried_over"},
    ],
    "GET settlements/{settlement_id}/lines": lambda other: [
        {"starting_after": encode_id("tr", other.row("settlement_id").lines.first().pk)},
    ],
}
