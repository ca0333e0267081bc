from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.rotate_due_keys import rotate_due_keys

if TYPE_CHECKING:
    from tests.security.routes import World


def _rotated(world: World) -> None:
    now, key = timezone.now(), world.row("key_id")
    key.rotate_every_days, key.rotation_starts_at = 30, now
    key.save()
    rotate_due_keys(now=now)


OBJECTS = {
    "key_id": lambda world: create_api_key(
        merchant=world.merchant, livemode=world.livemode, now=timezone.now()
    )[0],
}
BODIES = {
    "POST api_keys": lambda world: {"kind": "restricted", "scopes": ["payments:read"]},
    "PATCH api_keys/{key_id}": lambda world: {"label": "till"},
    "POST api_keys/{key_id}/rotate": lambda world: {"overlap_hours": 1},
    "POST api_keys/{key_id}/successor": lambda world: {},
}
QUERIES = {
    "GET api_keys": lambda other: [{"starting_after": other.id("key_id")}, {"status": "active"}],
}
PREPARE = {"api_keys/{key_id}/successor": _rotated}
