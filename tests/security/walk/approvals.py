from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.approvals.models import Approval, ApprovalRule
from apps.core import ttl_cache
from tests.payout_batch_runs.conftest import batch_at

if TYPE_CHECKING:
    from tests.security.routes import World


def waiting(world: World, action: str, make: Callable[[World], Any]) -> Any:
    """What others have to approve first."""
    rule = ApprovalRule.objects.create(
        name=action,
        action=action,
        changed_at=timezone.now(),
        steps=[{"persons": 1, "group": None}],
    )
    ttl_cache.clear_all()
    made = make(world)
    rule.delete()
    ttl_cache.clear_all()
    return made


def _approval(world: World) -> Approval:
    world.row("paid_id")
    batch = batch_at("needs_approval", world.merchant, livemode=world.livemode, now=timezone.now())
    return Approval.objects.get(target=batch.public_id)


OBJECTS = {"approval_id": _approval}
BODIES = {
    "POST approvals/{approval_id}/approve": lambda world: {
        "digest": bytes(world.row("approval_id").digest).hex()
    },
    "POST approvals/{approval_id}/reject": lambda world: {
        "digest": bytes(world.row("approval_id").digest).hex(),
        "reason": "Line 2 twice",
    },
}
QUERIES = {
    "GET approvals": lambda other: [
        {"starting_after": other.id("approval_id")},
        {"status": "pending"},
    ],
}
